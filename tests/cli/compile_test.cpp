#include "cli/compile.h"

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/cli/process.h"

namespace bpftwin::cli {
namespace {

using testing::HasSubstr;

TEST(compile, shows_the_compilers_diagnostics_and_one_line) {
    Finished finished = shell(
        "printf 'int x = y;' > /dev/shm/bpftwin_bad.c; bpftwin progs /dev/shm/bpftwin_bad.c; "
        "status=$?; rm /dev/shm/bpftwin_bad.c; exit $status");
    if (finished.output.find("no compiler found") != std::string::npos)
        GTEST_SKIP() << finished.output;
    EXPECT_EQ(finished.status, 2);
    EXPECT_THAT(finished.output, HasSubstr("error: use of undeclared identifier 'y'"));
    EXPECT_THAT(finished.output, HasSubstr("bpftwin: /dev/shm/bpftwin_bad.c: clang"));
}

TEST(compile, says_which_compilers_it_looked_for) {
    EXPECT_THAT(shell("BPFTWIN_CLANG=no-such-clang bpftwin progs counters.c").output,
                HasSubstr("counters.c: no compiler found (tried no-such-clang); install clang or "
                          "set BPFTWIN_CLANG"));
}

TEST(compile, hands_names_to_the_compiler_and_no_shell) {
    Finished finished = shell("BPFTWIN_CLANG=echo bpftwin progs counters.c");
    EXPECT_EQ(finished.status, 2);
    EXPECT_THAT(shell("BPFTWIN_CLANG='echo hi; false' bpftwin progs counters.c").output,
                HasSubstr("no compiler found (tried echo hi; false)"));
}

}  // namespace
}  // namespace bpftwin::cli
