#include "jit/fault.h"

#include <signal.h>

#include <mutex>

#include "jit/interrupted.h"

#if defined(__has_feature)
#if __has_feature(address_sanitizer)
#define BPFTWIN_ASAN
#endif
#elif defined(__SANITIZE_ADDRESS__)
#define BPFTWIN_ASAN
#endif
#if defined(BPFTWIN_ASAN)
#include <sanitizer/asan_interface.h>
#endif

namespace bpftwin::jit {
namespace {

/// The machine that runs on this thread. Of a model that needs no call and no memory to be found,
/// for the handler asks on threads that never ran one.
[[gnu::tls_model("initial-exec")]] constinit thread_local const FaultGuard* innermost = nullptr;

/// What the kernel raised, not kill(2) and its kin.
bool is_fault(const siginfo_t& info) { return info.si_code > 0; }

/// The address that an operation accesses.
std::uint64_t address_of(const Access& access, const Interrupted& thread) {
    const std::uint64_t index = access.index == no_register ? 0 : thread.reg(access.index);
    return thread.reg(access.base) + (index << access.scale) +
           static_cast<std::uint64_t>(access.off);
}

/// Tells AddressSanitizer that frames are left without returning.
void forget_frames() {
#if defined(BPFTWIN_ASAN)
    __asan_handle_no_return();
#endif
}

}  // namespace

struct FaultHandler {
    static inline struct sigaction previous_segv, previous_bus;

    static void install(int signal, struct sigaction& previous) {
        sigaction(signal, nullptr, &previous);
        // The previous handler runs below ours, with the signals blocked that it wants blocked.
        struct sigaction action = previous;
        action.sa_sigaction = handle;
        action.sa_flags = (previous.sa_flags & SA_NODEFER) | SA_SIGINFO | SA_ONSTACK | SA_RESTART;
        sigaction(signal, &action, nullptr);
    }

    static void handle(int signal, siginfo_t* info, void* context) {
        const FaultGuard* guard = innermost;
        if (!guard || guard->state_->native_stack == 0 || !is_fault(*info))
            return pass_on(signal, info, context);
        Interrupted thread(context);
        const auto operation = guard->code_->find(thread.pc());
        if (operation && guard->passes_over(operation->place->access, thread)) {
            if (operation->place->access.loads != no_register)
                thread.set_reg(operation->place->access.loads, 0);
            return thread.continue_at(operation->end);
        }
        guard->state_->fault =
            describe(signal, *info, thread, operation ? operation->place : nullptr);
        guard->state_->stopped = StopCode::fault;
        forget_frames();
        thread.leave(*guard->state_);
    }

    static Fault describe(int signal, const siginfo_t& info, const Interrupted& thread,
                          const CodePlace* place) {
        Fault fault{.pc = place ? thread.pc() : 0,
                    .address = reinterpret_cast<std::uint64_t>(info.si_addr),
                    .address_known = info.si_code != SI_KERNEL,
                    .unaligned = signal == SIGBUS && info.si_code == BUS_ADRALN,
                    .write = thread.wrote()};
        if (!place || place->access.base == no_register) return fault;
        // Not every address is told: x86 leaves out those that are not canonical, arm64 their upper
        // byte.
        constexpr std::uint64_t widest_access = 8;
        const std::uint64_t accessed = address_of(place->access, thread);
        if (!fault.address_known || fault.address - accessed >= widest_access)
            fault.address = accessed;
        fault.address_known = true;
        return fault;
    }

    /// Does what would have been done without us.
    static void pass_on(int signal, siginfo_t* info, void* context) {
        const struct sigaction& previous = signal == SIGBUS ? previous_bus : previous_segv;
        if ((previous.sa_flags & SA_SIGINFO) != 0)
            return previous.sa_sigaction(signal, info, context);
        if (previous.sa_handler == SIG_IGN && !is_fault(*info)) return;
        if (previous.sa_handler != SIG_DFL && previous.sa_handler != SIG_IGN)
            return previous.sa_handler(signal);
        // An access is repeated when the handler returns, and then ends the process.
        sigaction(signal, &previous, nullptr);
        if (!is_fault(*info)) raise(signal);
    }
};

void install_fault_handler() {
    static std::once_flag once;
    std::call_once(once, [] {
        FaultHandler::install(SIGSEGV, FaultHandler::previous_segv);
        FaultHandler::install(SIGBUS, FaultHandler::previous_bus);
    });
}

FaultGuard::FaultGuard(State& state, const ProgramCode& code, const Memory& memory,
                       bool probes_memory)
    : state_(&state),
      code_(&code),
      memory_(&memory),
      probes_memory_(probes_memory),
      outer_(innermost) {
    innermost = this;
}

bool FaultGuard::passes_over(const Access& access, const Interrupted& thread) const {
    if (probes_memory_ && access.loads != no_register) return true;
    return access.base != no_register && memory_->is_sparse(address_of(access, thread));
}

FaultGuard::~FaultGuard() { innermost = outer_; }

}  // namespace bpftwin::jit
