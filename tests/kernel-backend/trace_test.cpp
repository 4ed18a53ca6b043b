#include "kernel-backend/trace.h"

#include <gtest/gtest.h>

#include "kernel-backend/cpu_list.h"

namespace bpftwin::kernel {
namespace {

TEST(trace, lines_tell_who_wrote_what_and_when) {
    const auto line = trace_line(
        "        my-prog-1234    [001] b..21   567.890123: bpf_trace_printk: a: bpf_trace_printk: "
        "b");
    ASSERT_TRUE(line);
    EXPECT_EQ(line->pid, 1234);
    EXPECT_DOUBLE_EQ(line->seconds, 567.890123);
    EXPECT_EQ(line->text, "a: bpf_trace_printk: b");
}

TEST(trace, other_lines_are_none) {
    EXPECT_FALSE(trace_line("# tracer: nop"));
    EXPECT_FALSE(trace_line("  sh-1  [000] .....  1.5: sys_enter: NR 1"));
    EXPECT_FALSE(trace_line(": bpf_trace_printk: "));
}

TEST(trace, line_breaks_belong_to_the_text) {
    const auto lines = trace_lines(
        "# tracer: nop\n#\n"
        "  my-prog-7  [000] b..21  1.5: bpf_trace_printk: one\n\n"
        "  my-prog-7  [000] b..21  1.6: bpf_trace_printk: two\nhalves\n"
        "CPU:1 [LOST 3 EVENTS]\n"
        "  sh-1  [000] .....  1.7: sys_enter: NR 1\nnobody's\n"
        "  my-prog-7  [000] b..21  1.8: bpf_trace_printk: \n");
    ASSERT_EQ(lines.size(), 3u);
    EXPECT_EQ(lines[0].text, "one\n");
    EXPECT_EQ(lines[1].text, "two\nhalves");
    EXPECT_EQ(lines[2].text, "");
}

TEST(cpu_list, ends_with_the_last_possible_cpu) {
    EXPECT_EQ(count_of_cpus("0\n"), 1u);
    EXPECT_EQ(count_of_cpus("0-3\n"), 4u);
    EXPECT_EQ(count_of_cpus("0-3,8-127\n"), 128u);
    EXPECT_EQ(count_of_cpus(""), 1u);
}

}  // namespace
}  // namespace bpftwin::kernel
