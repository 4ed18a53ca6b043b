// What the assembler accepts beyond the disassembler's text, and its errors.
#include "isa/assembler.h"

#include <gtest/gtest.h>

#include "isa/encode.h"

namespace bpftwin {
namespace {

using Program = std::vector<Insn>;

TEST(assembler, tells_a_64_bit_constant_from_a_mov) {
    Program mov{insn(Op::mov64_k, {.dst = 1, .imm = 5})};
    Program load{insn(Op::lddw, {.dst = 1, .imm = 5}), second_slot(0)};
    EXPECT_EQ(*assemble("r1 = 5"), mov);
    EXPECT_EQ(*assemble("r1 = 0x5"), mov);
    EXPECT_EQ(*assemble("(b7) r1 = 0x5"), mov);
    EXPECT_EQ(*assemble("r1 = 0x5 ll"), load);
    EXPECT_EQ(*assemble("(18) r1 = 0x5"), load);
    EXPECT_EQ(*assemble("12: (18) r1 = 0x5 ll"), load);
    EXPECT_EQ((*assemble("r1 = -1 ll"))[1], second_slot(-1));
}

TEST(assembler, ignores_blanks_and_comments) {
    Program expected{insn(Op::ldxw, {.dst = 1, .src = 2, .off = 4}), insn(Op::exit)};
    EXPECT_EQ(*assemble("# a comment\n\n r1=*(u32*)( r2+4 ) ; R1=scalar()\r\n\texit // done"),
              expected);
    EXPECT_EQ(*assemble("r1 = *(u32 *)(r2 + 4)\nexit"), expected);
}

TEST(assembler, takes_an_address_without_offset) {
    EXPECT_EQ(*assemble("r1 = *(u8 *)(r2)"), Program{insn(Op::ldxb, {.dst = 1, .src = 2})});
}

TEST(assembler, takes_labels_wherever_a_target_stands) {
    auto program = assemble(R"(
        start:
            may_goto end
            if w1 s>= -1 goto start
            r1 = subprog[end]
            gotol start
            call end
            call -1
        end: exit
    )");
    ASSERT_TRUE(program) << program.error().message;
    Program expected{insn(Op::may_goto, {.off = 6}),
                     insn(Op::jsge32_k, {.dst = 1, .off = -2, .imm = -1}),
                     insn(Op::lddw_func, {.dst = 1, .imm = 4}),
                     second_slot(0),
                     insn(Op::gotol, {.imm = -5}),
                     insn(Op::call_local, {.imm = 1}),
                     insn(Op::call_local, {.imm = -1}),
                     insn(Op::exit)};
    EXPECT_EQ(*program, expected);
}

TEST(assembler, takes_helpers_and_kernel_functions_by_name) {
    AssemblerNames names{.helper = [](std::string_view name) -> std::optional<std::int32_t> {
                             if (name == "bpf_ktime_get_ns") return 5;
                             return std::nullopt;
                         },
                         .kfunc = [](std::string_view name) -> std::optional<std::int32_t> {
                             if (name == "bpf_cpumask_create") return 77;
                             return std::nullopt;
                         }};
    Program helper{insn(Op::call_helper, {.imm = 5})};
    EXPECT_EQ(*assemble("call bpf_ktime_get_ns", names), helper);
    EXPECT_EQ(*assemble("call bpf_ktime_get_ns#5", names), helper);
    EXPECT_EQ(*assemble("call whatever#5"), helper);
    EXPECT_EQ(*assemble("call 5"), helper);
    EXPECT_EQ(*assemble("call bpf_cpumask_create", names),
              Program{insn(Op::call_kfunc, {.imm = 77})});
    EXPECT_EQ(*assemble("call bpf_cpumask_create#78[2]", names),
              (Program{insn(Op::call_kfunc, {.off = 2, .imm = 78})}));
    EXPECT_EQ(*assemble("bpf_ktime_get_ns:\ncall bpf_ktime_get_ns", names),
              Program{insn(Op::call_local, {.imm = -1})});
}

TEST(assembler, skips_a_maps_name) {
    Program expected{insn(Op::lddw_map_value, {.dst = 1, .imm = 2}), second_slot(8)};
    EXPECT_EQ(*assemble("r1 = map[fd:2 obj.rodata][0]+8"), expected);
}

struct Case {
    const char* name;
    const char* text;
    const char* error;
};

class assembler_errors : public testing::TestWithParam<Case> {};

TEST_P(assembler_errors, say_line_text_and_expectation) {
    auto program = assemble(GetParam().text);
    ASSERT_FALSE(program);
    EXPECT_EQ(program.error().message, GetParam().error);
}

const std::vector<Case> cases{
    {"unknown_instruction", "exit\nfrob r1",
     "line 2: \"frob r1\": expected an instruction at \"frob r1\""},
    {"unknown_opcode", "(8f) r1 = r2", "line 1: \"(8f) r1 = r2\": unknown opcode 8f"},
    {"opcode_of_another_instruction", "(95) r1 = r2",
     "line 1: \"(95) r1 = r2\": expected an instruction at \"r1 = r2\""},
    {"operand", "r1 += foo",
     "line 1: \"r1 += foo\": expected one of: a number from -2147483648 to 2147483647, r0 to r10 "
     "at \"foo\""},
    {"register", "w1 = w11",
     "line 1: \"w1 = w11\": expected one of: a number of 32 bits, w0 to w10, '-', '(' at \"w11\""},
    {"wide_immediate", "r1 += 0xffffffff",
     "line 1: \"r1 += 0xffffffff\": expected one of: a number from -2147483648 to 2147483647, r0 "
     "to r10 at \"0xffffffff\""},
    {"constant_without_ll", "r1 = 0x1122334455",
     "line 1: \"r1 = 0x1122334455\": expected 'll' behind a 64-bit constant at the end"},
    {"constant_of_65_bits", "r1 = 0x11223344556677889 ll",
     "line 1: \"r1 = 0x11223344556677889 ll\": expected one of: a number from -2147483648 to "
     "2147483647, r0 to r10, a number of 64 bits, ... at \"0x11223344556677889 ll\""},
    {"operator", "(0f) r1 ?? r2", "line 1: \"(0f) r1 ?? r2\": expected '+=' at \"?? r2\""},
    {"offset", "r1 = *(u8 *)(r2 +32768)",
     "line 1: \"r1 = *(u8 *)(r2 +32768)\": expected an offset from -32768 to +32767 at "
     "\"+32768)\""},
    {"different_register", "(87) r1 = -r2",
     "line 1: \"(87) r1 = -r2\": expected r1 again at \"r2\""},
    {"address_spaces", "r1 = addr_space_cast(r2, 1, 1)",
     "line 1: \"r1 = addr_space_cast(r2, 1, 1)\": expected '0, 1' or '1, 0' at \"1, 1)\""},
    {"undefined_label", "goto out",
     "line 1: \"goto out\": expected pc+N or a label of this text at \"out\""},
    {"target_too_far", "goto pc+32768",
     "line 1: \"goto pc+32768\": expected pc+N or a label of this text at \"pc+32768\""},
    {"call", "call nothing",
     "line 1: \"call nothing\": expected one of: a helper's name or number, pc+N or a label of "
     "this text, a kernel function at \"nothing\""},
    {"rest_of_line", "exit now", "line 1: \"exit now\": expected the end of the line at \"now\""},
    {"label_defined_twice", "a:\nexit\na: exit",
     "line 3: \"a: exit\": label a is already defined in line 1"},
};
INSTANTIATE_TEST_SUITE_P(cases, assembler_errors, testing::ValuesIn(cases),
                         [](const auto& test) { return std::string(test.param.name); });

TEST(assembler, says_that_a_label_is_too_far_away) {
    std::string text = "goto out\n";
    for (int i = 0; i < 32768; ++i) text += "exit\n";
    text += "out: exit\n";
    EXPECT_EQ(assemble(text).error().message,
              "line 1: \"goto out\": label out is 32768 instructions away, too far");
}

}  // namespace
}  // namespace bpftwin
