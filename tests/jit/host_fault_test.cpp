// Faults that are not a program's go where they went before. Each case ends a child process. The
// suite's name makes googletest run it first, while the parent has not installed the handler.
#include <pthread.h>

#include <csetjmp>
#include <csignal>
#include <cstdlib>
#include <thread>

#include "fmt/format.h"
#include "gtest/gtest.h"
#include "tests/jit/edge.h"
#include "tests/support/programs.h"

namespace bpftwin::test {
namespace {

const EngineCase jit{"jit", make_jit, {.safety = Safety::unsafe}};

/// Whether a program that reads a bad address is stopped: that the handler is ours.
bool program_fault_is_a_trap() {
    const auto program = assembled("r1 = 64\n r0 = *(u64 *)(r1 +0)\n exit");
    return run_first(jit, object_of({program})).trap.has_value();
}

/// A fault of the host's own.
void fault_at(std::uint64_t address) { *reinterpret_cast<volatile char*>(address) = 1; }

/// Installs a plain handler, or one with SA_SIGINFO.
void handle_segv_by(void (*handler)(int)) {
    struct sigaction action{};
    action.sa_handler = handler;
    sigaction(SIGSEGV, &action, nullptr);
}
void handle_segv_by(void (*handler)(int, siginfo_t*, void*)) {
    struct sigaction action{};
    action.sa_flags = SA_SIGINFO;
    action.sa_sigaction = handler;
    sigaction(SIGSEGV, &action, nullptr);
}

TEST(host_fault_DeathTest, ends_the_process) {
    const Edge edge;
    EXPECT_DEATH(
        {
            if (!program_fault_is_a_trap()) std::exit(0);
            fault_at(edge.address());
        },
        "");
}

TEST(host_fault_DeathTest, between_two_repetitions_ends_the_process) {
    const Edge edge;
    RunInput input{.repeat = 2, .cancelled = [&] {
                       fault_at(edge.address());
                       return true;
                   }};
    EXPECT_DEATH(run_first(jit, object_of({assembled("r0 = 0\n exit")}), input), "");
}

TEST(host_fault_DeathTest, on_another_thread_ends_the_process) {
    const Edge edge;
    EXPECT_DEATH(
        {
            std::thread runner([] {
                run_first(jit, object_of({assembled("a: goto a")}),
                          {.budget = std::uint64_t{1} << 40});
            });
            fault_at(edge.address());
            runner.join();
        },
        "");
}

volatile std::uint64_t expected_address = 0;

TEST(host_fault_DeathTest, goes_to_the_handler_that_was_there) {
    const Edge edge;
    EXPECT_EXIT(
        {
            expected_address = edge.address();
            handle_segv_by([](int, siginfo_t* info, void*) {
                const auto address = reinterpret_cast<std::uint64_t>(info->si_addr);
                std::_Exit(address == expected_address ? 42 : 1);
            });
            if (program_fault_is_a_trap()) fault_at(edge.address());
        },
        testing::ExitedWithCode(42), "");
}

TEST(host_fault_DeathTest, goes_to_a_handler_of_the_old_form) {
    const Edge edge;
    EXPECT_EXIT(
        {
            handle_segv_by([](int signal) { std::_Exit(signal == SIGSEGV ? 42 : 1); });
            if (program_fault_is_a_trap()) fault_at(edge.address());
        },
        testing::ExitedWithCode(42), "");
}

sigjmp_buf way_out;

/// Whether the machine's handler is ours and the host's fault can be jumped out of.
bool trap_and_jump(std::uint64_t address) {
    if (!program_fault_is_a_trap()) return false;
    if (sigsetjmp(way_out, 1) == 0) fault_at(address);
    return true;
}

TEST(host_fault_DeathTest, can_be_left_by_a_jump_out_of_the_handler) {
    const Edge edge;
    EXPECT_EXIT(
        {
            handle_segv_by([](int) { siglongjmp(way_out, 1); });
            for (int i = 0; i < 3; ++i)
                if (!trap_and_jump(edge.address())) std::_Exit(1);
            std::_Exit(42);
        },
        testing::ExitedWithCode(42), "");
}

TEST(host_fault_DeathTest, sent_by_kill_stays_ignored_where_it_was) {
    EXPECT_EXIT(
        {
            std::signal(SIGSEGV, SIG_IGN);
            if (!program_fault_is_a_trap()) std::_Exit(1);
            std::raise(SIGSEGV);
            std::_Exit(program_fault_is_a_trap() ? 42 : 1);
        },
        testing::ExitedWithCode(42), "");
}

TEST(host_fault_DeathTest, sent_by_kill_ends_the_process_even_while_a_program_runs) {
    EXPECT_DEATH(
        {
            if (!program_fault_is_a_trap()) std::_Exit(0);
            const pthread_t self = pthread_self();
            std::thread sender([=] {
                std::this_thread::sleep_for(std::chrono::milliseconds(50));
                pthread_kill(self, SIGSEGV);
            });
            run_first(jit, object_of({assembled("a: goto a")}), {.budget = std::uint64_t{1} << 40});
            std::_Exit(0);
        },
        "");
}

}  // namespace
}  // namespace bpftwin::test
