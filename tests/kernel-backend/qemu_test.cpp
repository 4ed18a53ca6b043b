// What is told of a machine's end.
#include "kernel-backend/qemu.h"

#include <gtest/gtest.h>

namespace bpftwin::kernel {
namespace {

TEST(last_words, of_a_panic_begin_there) {
    EXPECT_EQ(last_words_of("booting\r\nKernel panic - not syncing\r\nCPU: 0\r\n"),
              "Kernel panic - not syncing | CPU: 0");
}

TEST(last_words, are_the_last_lines_otherwise) {
    EXPECT_EQ(last_words_of("1\n2\n\n3\n4\n5"), "2 | 3 | 4 | 5");
    EXPECT_EQ(last_words_of("\033[0mone"), "[0mone");
    EXPECT_EQ(last_words_of("\n"), "(nothing)");
}

TEST(find_command, looks_where_the_shell_does) {
    EXPECT_TRUE(find_command("sh").ends_with("/sh"));
    EXPECT_EQ(find_command("bpftwin-no-such-command"), "");
}

}  // namespace
}  // namespace bpftwin::kernel
