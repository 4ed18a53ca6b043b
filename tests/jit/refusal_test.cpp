// What the system or asmjit refuses is an Error.
#include <linux/audit.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>

#include <cerrno>
#include <cstddef>
#include <cstdlib>

#include "fmt/format.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "jit/code_memory.h"
#include "jit/compile.h"
#include "jit/lower.h"
#include "tests/support/programs.h"

namespace bpftwin::test {
namespace {

using testing::HasSubstr;

const EngineOptions unsafe{.safety = Safety::unsafe};

/// Forbids this process to make memory executable, as SELinux's execmem does.
bool forbid_executable_memory() {
    constexpr auto word = [](std::size_t offset) { return static_cast<std::uint32_t>(offset); };
    sock_filter filter[] = {
        BPF_STMT(BPF_LD | BPF_W | BPF_ABS, word(offsetof(seccomp_data, nr))),
        BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_mprotect, 0, 3),
        BPF_STMT(BPF_LD | BPF_W | BPF_ABS, word(offsetof(seccomp_data, args) + 2 * sizeof(__u64))),
        BPF_JUMP(BPF_JMP | BPF_JSET | BPF_K, PROT_EXEC, 0, 1),
        BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | EACCES),
        BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
    };
    const sock_fprog program{std::size(filter), filter};
    return prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == 0 &&
           prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program, 0, 0) == 0;
}

/// Ends the process with what an instance says.
[[noreturn]] void tell_and_exit(const Result<std::unique_ptr<Instance>>& instance) {
    if (!instance) fmt::print(stderr, "{} ({})", instance.error().message, instance.error().code);
    std::_Exit(instance ? 0 : 1);
}

constexpr int no_filters = 77;

TEST(refusal_DeathTest, of_executable_memory_is_an_error) {
#if defined(BPFTWIN_EMULATED)
    GTEST_SKIP() << "the emulator has no system call filters";
#endif
    EXPECT_EXIT(
        {
            if (!forbid_executable_memory()) std::_Exit(no_filters);
            tell_and_exit(make_jit()->instantiate(object_of({assembled("exit")}), unsafe));
        },
        testing::ExitedWithCode(1), "no executable memory .*Permission denied.*(13)");
}

/// Maps code in a process that may have no memory, and ends it with the errno.
[[noreturn]] void map_without_memory() {
    const Bytes code(64 << 20);
    const ByteView pieces[] = {code};
    const rlimit nothing{1, 1};
    setrlimit(RLIMIT_AS, &nothing);
    const auto memory = jit::CodeMemory::create(pieces);
    if (!memory) fmt::print(stderr, "{}", memory.error().message);
    std::_Exit(memory ? 0 : memory.error().code);
}

TEST(refusal_DeathTest, of_any_memory_is_an_error) {
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
    GTEST_SKIP() << "sanitizers need address space themselves";
#elif defined(BPFTWIN_EMULATED)
    GTEST_SKIP() << "the emulator has no limit of address space";
#endif
    EXPECT_EXIT(map_without_memory(), testing::ExitedWithCode(ENOMEM),
                "no executable memory \\(67108864 bytes\\)");
}

TEST(refusal, of_asmjit_is_an_error) {
    const ProgramSpec program = assembled("goto l\n l: exit");
    auto lowered = jit::lower(program, {});
    ASSERT_TRUE(lowered);
    lowered->code.back().is_target = false;  // A jump that leads nowhere.
    for (const char* name : {"x86_64", "arm64"}) {
        const auto code = (*jit::target_named(name))->compile(*lowered, {});
        ASSERT_FALSE(code) << name;
        EXPECT_THAT(code.error().message, HasSubstr("cannot be emitted")) << name;
    }
}

TEST(refusal, of_a_target_lists_the_others) {
    const auto target = jit::target_named("riscv64");
    ASSERT_FALSE(target);
    EXPECT_EQ(target.error().message, "no JIT target 'riscv64', there are x86_64 and arm64");
}

TEST(refusal, of_checks_says_what_to_do) {
    const auto instance = make_jit()->instantiate(object_of({assembled("exit")}), {});
    ASSERT_FALSE(instance);
    EXPECT_THAT(instance.error().message, HasSubstr("say unsafe"));
}

// One program that cannot be compiled keeps no other from running.
TEST(refusal, of_a_program_is_its_own) {
    for (const char* bad :
         {"goto f\n exit\n f: r0 = 1\n exit\n call f\n exit",
          "call f\n if r0 == 1 goto f\n exit\n f: r0 = 1\n exit",
          "call f\n f: r0 = 1\n if r0 == 0 goto back\n back: exit\n g: goto back\n "
          "exit\n call g"}) {
        const auto instance = instantiated(
            {"jit", make_jit, unsafe},
            object_of({assembled(bad), assembled("r0 = 5\n exit", ProgType::unspec, "good")}));
        const auto refused = instance->run("prog", {});
        ASSERT_FALSE(refused) << bad;
        EXPECT_THAT(refused.error().message, HasSubstr("prog")) << bad;
        EXPECT_THAT(refused.error().message, HasSubstr("outside of it")) << bad;
        EXPECT_EQ(instance->run("good", {.world = World::fixed()})->return_value, 5u);
    }
}

}  // namespace
}  // namespace bpftwin::test
