#include "jit/fault.h"

#include <pthread.h>
#include <signal.h>
#include <ucontext.h>

#include <mutex>

namespace bpftwin::jit {
namespace {

/// The machine that runs on this thread.
constinit thread_local FaultGuard* innermost = nullptr;

// The registers of an interrupted thread that matter here: jit/x86_64/emitter.h and
// jit/arm64/emitter.h say where machine code expects its State.
#if defined(__x86_64__)
std::uint64_t native_pc(const ucontext_t& context) {
    return static_cast<std::uint64_t>(context.uc_mcontext.gregs[REG_RIP]);
}
void leave(ucontext_t& context, State& state) {
    context.uc_mcontext.gregs[REG_RIP] = reinterpret_cast<greg_t>(state.exit);
    context.uc_mcontext.gregs[REG_R12] = reinterpret_cast<greg_t>(&state);
}
#elif defined(__aarch64__)
std::uint64_t native_pc(const ucontext_t& context) { return context.uc_mcontext.pc; }
void leave(ucontext_t& context, State& state) {
    constexpr int state_register = 26;
    context.uc_mcontext.pc = reinterpret_cast<std::uint64_t>(state.exit);
    context.uc_mcontext.regs[state_register] = reinterpret_cast<std::uint64_t>(&state);
}
#endif

}  // namespace

/// The process's signal actions.
struct FaultHandler {
    static inline struct sigaction previous_segv, previous_bus;

    static void install() {
        static std::once_flag once;
        std::call_once(once, [] {
            struct sigaction action{};
            action.sa_sigaction = handle;
            // A handler that is left by jumping out of it must not keep the signal blocked.
            action.sa_flags = SA_SIGINFO | SA_NODEFER | SA_ONSTACK;
            sigemptyset(&action.sa_mask);
            sigaction(SIGSEGV, &action, &previous_segv);
            sigaction(SIGBUS, &action, &previous_bus);
        });
    }

    static void handle(int signal, siginfo_t* info, void* data) {
        auto& context = *static_cast<ucontext_t*>(data);
        const FaultGuard* guard = innermost;
        if (!guard || guard->state_->native_stack == 0) return pass_on(signal, info, data);
        State& state = *guard->state_;
        const std::uint64_t pc = native_pc(context);
        state.fault_pc = guard->code_->contains(pc) ? pc : 0;
        state.fault_address = reinterpret_cast<std::uint64_t>(info->si_addr);
        state.stopped = StopCode::fault;
        leave(context, state);
    }

    /// Does what would have been done without us.
    static void pass_on(int signal, siginfo_t* info, void* data) {
        const struct sigaction& previous = signal == SIGBUS ? previous_bus : previous_segv;
        if ((previous.sa_flags & SA_SIGINFO) != 0) return previous.sa_sigaction(signal, info, data);
        if (previous.sa_handler != SIG_DFL && previous.sa_handler != SIG_IGN)
            return previous.sa_handler(signal);
        // The access is repeated when the handler returns, and then ends the process.
        sigaction(signal, &previous, nullptr);
    }
};

FaultGuard::FaultGuard(State& state, const CodeMemory& code)
    : state_(&state), code_(&code), outer_(innermost) {
    FaultHandler::install();
    innermost = this;
}

FaultGuard::~FaultGuard() { innermost = outer_; }

}  // namespace bpftwin::jit
