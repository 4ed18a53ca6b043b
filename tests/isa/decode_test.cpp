// Every kind of invalid encoding and its exact error.
#include "isa/decode.h"

#include <gtest/gtest.h>

#include "isa/builder.h"

namespace bpftwin {
namespace {

struct Case {
    const char* name;
    Insn insn;
    const char* error;
};

class decode_errors : public testing::TestWithParam<Case> {};

TEST_P(decode_errors, are_exact) {
    auto op = decode(GetParam().insn);
    ASSERT_FALSE(op) << info(*op).name;
    EXPECT_EQ(op.error(), GetParam().error);
}

const std::vector<Case> cases{
    {"zero", {0x00, 0, 0, 0, 0}, "unknown opcode 00"},
    {"neg_by_register", {0x8f, 0, 0, 0, 0}, "unknown opcode 8f"},
    {"swap_to_big_endian_of_class_alu64", {0xdf, 0, 0, 0, 16}, "unknown opcode df"},
    {"call_of_class_jmp32", {0x86, 0, 0, 0, 1}, "unknown opcode 86"},
    {"exit_of_class_jmp32", {0x96, 0, 0, 0, 0}, "unknown opcode 96"},
    {"signed_load_of_64_bits", {0x99, 0, 0, 0, 0}, "unknown opcode 99"},
    {"packet_load_of_64_bits", {0x38, 0, 0, 0, 0}, "unknown opcode 38"},
    {"off_of_add", {0x07, 1, 0, 1, 0}, "opcode 07: no instruction has off 1"},
    {"off_of_div", {0x37, 1, 0, 2, 0}, "opcode 37: no instruction has off 2"},
    {"off_of_mov", {0xbf, 1, 2, 7, 0}, "opcode bf: no instruction has off 7"},
    {"off_32_of_mov32", {0xbc, 1, 2, 32, 0}, "opcode bc: no instruction has off 32"},
    {"off_of_mov_immediate", {0xb7, 1, 0, 8, 0}, "opcode b7: no instruction has off 8"},
    {"width_of_swap", {0xd4, 1, 0, 0, 8}, "opcode d4: no instruction has imm 8"},
    {"operation_of_atomic", {0xdb, 1, 2, 0, 0xe0}, "opcode db: no instruction has imm 224"},
    {"atomic_add_of_8_bits", {0xd3, 1, 2, 0, 0}, "opcode d3: no instruction has imm 0"},
    {"kind_of_call", {0x85, 0, 3, 0, 1}, "opcode 85: no instruction has src 3"},
    {"kind_of_lddw", {0x18, 0, 7, 0, 1}, "opcode 18: no instruction has src 7"},
    {"dst_register", {0x07, 11, 0, 0, 0}, "add64_k: register r11 does not exist"},
    {"src_register", {0x0f, 1, 15, 0, 0}, "add64_x: register r15 does not exist"},
    {"src_of_immediate", {0x07, 1, 2, 0, 0}, "add64_k: reserved field src is 2, must be 0"},
    {"imm_of_register", {0x0f, 1, 2, 0, 5}, "add64_x: reserved field imm is 5, must be 0"},
    {"imm_of_movsx", {0xbf, 1, 2, 8, 5}, "movsx8_64: reserved field imm is 5, must be 0"},
    {"imm_of_neg", {0x87, 1, 0, 0, 5}, "neg64: reserved field imm is 5, must be 0"},
    {"off_of_neg", {0x87, 1, 0, 5, 0}, "neg64: reserved field off is 5, must be 0"},
    {"src_of_swap", {0xdc, 1, 2, 0, 16}, "be16: reserved field src is 2, must be 0"},
    {"off_of_swap", {0xd7, 1, 0, 1, 64}, "bswap64: reserved field off is 1, must be 0"},
    {"address_spaces",
     {0xbf, 1, 2, 1, 0x10001},
     "addr_space_cast: imm is 65537, must be 1 (space 1 to 0) or 65536 (0 to 1)"},
    {"imm_of_jump", {0x1d, 1, 2, 0, 5}, "jeq64_x: reserved field imm is 5, must be 0"},
    {"src_of_jump", {0x15, 1, 2, 0, 5}, "jeq64_k: reserved field src is 2, must be 0"},
    {"imm_of_goto", {0x05, 0, 0, 0, 5}, "ja: reserved field imm is 5, must be 0"},
    {"off_of_gotol", {0x06, 0, 0, 5, 0}, "gotol: reserved field off is 5, must be 0"},
    {"src_of_may_goto", {0xe5, 0, 1, 0, 0}, "may_goto: reserved field src is 1, must be 0"},
    {"imm_of_may_goto", {0xe5, 0, 0, 1, 1}, "may_goto: reserved field imm is 1, must be 0"},
    {"dst_of_call", {0x85, 1, 0, 0, 1}, "call_helper: reserved field dst is 1, must be 0"},
    {"off_of_call", {0x85, 0, 0, 1, 1}, "call_helper: reserved field off is 1, must be 0"},
    {"off_of_local_call", {0x85, 0, 1, 1, 1}, "call_local: reserved field off is 1, must be 0"},
    {"imm_of_callx", {0x8d, 1, 0, 0, 1}, "callx: reserved field imm is 1, must be 0"},
    {"register_of_callx", {0x8d, 12, 0, 0, 0}, "callx: register r12 does not exist"},
    {"imm_of_exit", {0x95, 0, 0, 0, 1}, "exit: reserved field imm is 1, must be 0"},
    {"imm_of_load", {0x61, 1, 2, 0, 1}, "ldxw: reserved field imm is 1, must be 0"},
    {"src_of_store", {0x62, 1, 2, 0, 1}, "stw: reserved field src is 2, must be 0"},
    {"imm_of_store", {0x63, 1, 2, 0, 1}, "stxw: reserved field imm is 1, must be 0"},
    {"dst_of_ld_abs", {0x30, 1, 0, 0, 1}, "ld_abs_b: reserved field dst is 1, must be 0"},
    {"src_of_ld_abs", {0x30, 0, 1, 0, 1}, "ld_abs_b: reserved field src is 1, must be 0"},
    {"off_of_ld_ind", {0x50, 0, 1, 1, 1}, "ld_ind_b: reserved field off is 1, must be 0"},
    {"off_of_lddw", {0x18, 1, 0, 1, 1}, "lddw: reserved field off is 1, must be 0"},
};
INSTANTIATE_TEST_SUITE_P(cases, decode_errors, testing::ValuesIn(cases),
                         [](const auto& test) { return std::string(test.param.name); });

/// A value that is wrong in any row that does not use the field.
Insn with(Insn insn, Fields field) {
    switch (field) {
        case dst_field: insn.dst = 1; break;
        case src_field: insn.src = 1; break;
        case off_field: insn.off = 0x77; break;
        case imm_field: insn.imm = 0x77; break;
        case no_field: break;
    }
    return insn;
}

TEST(decode, rejects_a_value_in_every_reserved_field_of_every_row) {
    for (const auto& row : op_table)
        for (Fields field : {dst_field, src_field, off_field, imm_field}) {
            if (has(row.operands, field) || field == row.discriminator) continue;
            auto valid = insn(row.op, {.imm = row.op == Op::addr_space_cast ? 1 : 0});
            auto op = decode(with(valid, field));
            ASSERT_FALSE(op) << row.name;
            EXPECT_TRUE(op.error().contains("must be 0")) << op.error();
        }
}

struct ProgramCase {
    const char* name;
    std::vector<Insn> program;
    const char* error;
};

class validate_errors : public testing::TestWithParam<ProgramCase> {};

TEST_P(validate_errors, are_exact) {
    auto valid = validate(GetParam().program);
    ASSERT_FALSE(valid);
    EXPECT_EQ(valid.error().message, GetParam().error);
}

std::vector<Insn> wide(Op op, Insn second) { return {insn(op), second, insn(Op::exit)}; }

const std::vector<ProgramCase> program_cases{
    {"opcode", {insn(Op::exit), {0xff, 0, 0, 0, 0}}, "insn 1: unknown opcode ff"},
    {"missing_slot", {insn(Op::lddw)}, "insn 0: lddw: second slot is missing"},
    {"second_code", wide(Op::lddw, {0x95, 0, 0, 0, 0}),
     "insn 0: lddw: second slot has a field other than imm"},
    {"second_dst", wide(Op::lddw, {0, 1, 0, 0, 0}),
     "insn 0: lddw: second slot has a field other than imm"},
    {"second_src", wide(Op::lddw_map_value, {0, 0, 1, 0, 0}),
     "insn 0: lddw_map_value: second slot has a field other than imm"},
    {"second_off", wide(Op::lddw, {0, 0, 0, 1, 0}),
     "insn 0: lddw: second slot has a field other than imm"},
    {"second_imm_of_map", wide(Op::lddw_map_fd, second_slot(1)),
     "insn 0: lddw_map_fd: second slot's imm is 1, must be 0"},
    {"second_imm_of_map_index", wide(Op::lddw_map_idx, second_slot(1)),
     "insn 0: lddw_map_idx: second slot's imm is 1, must be 0"},
    {"second_imm_of_function", wide(Op::lddw_func, second_slot(-1)),
     "insn 0: lddw_func: second slot's imm is -1, must be 0"},
    {"behind_the_end",
     {insn(Op::ja), {insn(Op::ja, {.off = 0})}},
     "insn 1: ja: target 2 is outside the program of 2 instructions"},
    {"before_the_begin",
     {insn(Op::jeq64_k, {.off = -2}), insn(Op::exit)},
     "insn 0: jeq64_k: target -1 is outside the program of 2 instructions"},
    {"gotol",
     {insn(Op::gotol, {.imm = 2147483647}), insn(Op::exit)},
     "insn 0: gotol: target 2147483648 is outside the program of 2 instructions"},
    {"call_local",
     {insn(Op::call_local, {.imm = 5}), insn(Op::exit)},
     "insn 0: call_local: target 6 is outside the program of 2 instructions"},
    {"function",
     {insn(Op::lddw_func, {.imm = 2}), second_slot(0), insn(Op::exit)},
     "insn 0: lddw_func: target 3 is outside the program of 3 instructions"},
    {"inside_lddw",
     {insn(Op::may_goto, {.off = 1}), insn(Op::lddw), second_slot(0)},
     "insn 0: may_goto: target 2 is the second slot of an lddw"},
};
INSTANTIATE_TEST_SUITE_P(cases, validate_errors, testing::ValuesIn(program_cases),
                         [](const auto& test) { return std::string(test.param.name); });

TEST(validate, accepts_targets_at_both_ends) {
    using namespace build;
    auto program = build::program({label("begin"), lddw(r1, 1), jeq(r1, 0, "begin"),
                                   call_local("end"), label("end"), build::exit()});
    EXPECT_TRUE(validate(program));
    EXPECT_TRUE(validate({}));
}

TEST(validate, carries_the_kernels_errno) {
    std::vector<Insn> bad{{0xff, 0, 0, 0, 0}};
    EXPECT_EQ(validate(bad).error().code, EINVAL);
}

}  // namespace
}  // namespace bpftwin
