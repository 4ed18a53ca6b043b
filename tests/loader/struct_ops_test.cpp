// Programs that are callbacks in structs of the kernel, from every compiler.
#include <gtest/gtest.h>

#include "bpftwin/spec.h"
#include "tests/loader/prelude.h"
#include "tests/support/compile.h"

namespace bpftwin {
namespace {

using test::prelude;

const std::string callbacks_source = prelude + R"(
struct tcp_congestion_ops___mine {
    u64 flags;
    void (*init)(u64 *); u32 (*ssthresh)(u64 *); u32 (*undo_cwnd)(u64 *);
    char name[16];
};
SEC("struct_ops/init") void start(u64 *args) {}
SEC("struct_ops") u32 threshold(u64 *args) { return 10; }
SEC("struct_ops/undo_cwnd") u32 unused(u64 *args) { return 0; }
SEC(".struct_ops.link") struct tcp_congestion_ops___mine mine = {
    .init = start, .ssthresh = threshold, .name = "mine"};
SEC(".struct_ops") struct tcp_congestion_ops___mine other = {.undo_cwnd = threshold};
)";

class StructOps : public testing::TestWithParam<const char*> {};

TEST_P(StructOps, programs_know_the_first_member_that_is_set_to_them) {
    COMPILE_OR_SKIP(compiled, callbacks_source, {.compiler = GetParam()});
    const auto object = load_elf_file(compiled.path);
    ASSERT_TRUE(object) << object.error().message;
    const auto member_of = [&](std::string_view program) {
        const auto& member = object->program(program)->struct_ops;
        return member ? member->type + "." + member->name : "none";
    };
    EXPECT_EQ(member_of("start"), "tcp_congestion_ops___mine.init");
    EXPECT_EQ(member_of("unused"), "none");
    const std::string either = member_of("threshold");
    EXPECT_TRUE(either.ends_with(".ssthresh") || either.ends_with(".undo_cwnd")) << either;
}

INSTANTIATE_TEST_SUITE_P(compilers, StructOps, testing::ValuesIn(test::compilers),
                         test::compiler_name);

TEST(struct_ops, a_member_set_to_data_is_an_error_that_says_where) {
    COMPILE_OR_SKIP(compiled, prelude + R"(
struct ops { void *first, *second; };
int data = 1;
SEC("xdp") int pass(void *ctx) { return 2; }
SEC(".struct_ops") struct ops wrong = {.second = &data};
)");
    const auto object = load_elf_file(compiled.path);
    ASSERT_FALSE(object);
    EXPECT_TRUE(object.error().message.ends_with(
        "section .struct_ops: relocation at 8: 'data' is not an entry program"))
        << object.error().message;
}

}  // namespace
}  // namespace bpftwin
