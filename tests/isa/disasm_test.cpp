// The text of each family, character by character as kernel/bpf/disasm.c prints it.
#include "isa/disasm.h"

#include <gtest/gtest.h>

#include "isa/encode.h"

namespace bpftwin {
namespace {

struct Case {
    const char* name;
    std::vector<Insn> insns;
    const char* text;
};

class disasm : public testing::TestWithParam<Case> {};

TEST_P(disasm, prints_as_the_kernel) {
    auto text = disassemble(GetParam().insns, 0);
    ASSERT_TRUE(text) << text.error().message;
    EXPECT_EQ(*text, GetParam().text);
}

const std::vector<Case> cases{
    {"mov64_x", {insn(Op::mov64_x, {.dst = 1, .src = 10})}, "(bf) r1 = r10"},
    {"mov32_x", {insn(Op::mov32_x, {.dst = 1, .src = 2})}, "(bc) w1 = w2"},
    {"mov64_k", {insn(Op::mov64_k, {.dst = 1, .imm = -5})}, "(b7) r1 = -5"},
    {"arsh32_k", {insn(Op::arsh32_k, {.dst = 1, .imm = 3})}, "(c4) w1 s>>= 3"},
    {"sdiv64_x", {insn(Op::sdiv64_x, {.dst = 1, .src = 2})}, "(3f) r1 s/= r2"},
    {"smod32_k", {insn(Op::smod32_k, {.dst = 1, .imm = 7})}, "(94) w1 s%= 7"},
    {"neg64", {insn(Op::neg64, {.dst = 3})}, "(87) r3 = -r3"},
    {"neg32", {insn(Op::neg32, {.dst = 3})}, "(84) w3 = -w3"},
    {"movsx8_64", {insn(Op::movsx8_64, {.dst = 1, .src = 2})}, "(bf) r1 = (s8)r2"},
    {"movsx16_32", {insn(Op::movsx16_32, {.dst = 1, .src = 2})}, "(bc) w1 = (s16)w2"},
    {"to_user",
     {insn(Op::addr_space_cast, {.dst = 1, .src = 2, .imm = 1 << 16})},
     "(bf) r1 = addr_space_cast(r2, 1, 0)"},
    {"to_kernel",
     {insn(Op::addr_space_cast, {.dst = 1, .src = 2, .imm = 1})},
     "(bf) r1 = addr_space_cast(r2, 0, 1)"},
    {"be16", {insn(Op::be16, {.dst = 1})}, "(dc) r1 = be16 r1"},
    {"le64", {insn(Op::le64, {.dst = 1})}, "(d4) r1 = le64 r1"},
    {"bswap32", {insn(Op::bswap32, {.dst = 1})}, "(d7) r1 = bswap32 r1"},
    {"jeq64_k", {insn(Op::jeq64_k, {.off = 2})}, "(15) if r0 == 0x0 goto pc+2"},
    {"jslt32_x",
     {insn(Op::jslt32_x, {.dst = 1, .src = 2, .off = -3})},
     "(ce) if w1 s< w2 goto pc-3"},
    {"jset64_k",
     {insn(Op::jset64_k, {.dst = 1, .off = 1, .imm = -1})},
     "(45) if r1 & 0xffffffff goto pc+1"},
    {"ja", {insn(Op::ja, {.off = -1})}, "(05) goto pc-1"},
    {"gotol", {insn(Op::gotol, {.imm = 70000})}, "(06) gotol pc+70000"},
    {"may_goto", {insn(Op::may_goto, {.off = 3})}, "(e5) may_goto pc+3"},
    {"call_helper", {insn(Op::call_helper, {.imm = 1})}, "(85) call unknown#1"},
    {"call_local", {insn(Op::call_local, {.imm = 4})}, "(85) call pc+4"},
    {"call_kfunc", {insn(Op::call_kfunc, {.imm = 9})}, "(85) call kernel-function#9"},
    {"call_module_kfunc",
     {insn(Op::call_kfunc, {.off = 1, .imm = 9})},
     "(85) call kernel-function#9[1]"},
    {"callx", {insn(Op::callx, {.dst = 2})}, "(8d) callx r2"},
    {"exit", {insn(Op::exit)}, "(95) exit"},
    {"ldxw", {insn(Op::ldxw, {.dst = 2, .src = 1})}, "(61) r2 = *(u32 *)(r1 +0)"},
    {"ldxsb", {insn(Op::ldxsb, {.dst = 2, .src = 1, .off = -8})}, "(91) r2 = *(s8 *)(r1 -8)"},
    {"stdw", {insn(Op::stdw, {.dst = 10, .off = -8, .imm = -1})}, "(7a) *(u64 *)(r10 -8) = -1"},
    {"stxb", {insn(Op::stxb, {.dst = 10, .src = 1, .off = -1})}, "(73) *(u8 *)(r10 -1) = r1"},
    {"atomic_add64",
     {insn(Op::atomic_add64, {.dst = 1, .src = 2})},
     "(db) lock *(u64 *)(r1 +0) += r2"},
    {"atomic_fetch_add64",
     {insn(Op::atomic_fetch_add64, {.dst = 1, .src = 2})},
     "(db) r2 = atomic64_fetch_add((u64 *)(r1 +0), r2)"},
    {"atomic_fetch_xor32",
     {insn(Op::atomic_fetch_xor32, {.dst = 1, .src = 2, .off = 4})},
     "(c3) r2 = atomic_fetch_xor((u32 *)(r1 +4), r2)"},
    {"atomic_xchg32",
     {insn(Op::atomic_xchg32, {.dst = 1, .src = 2})},
     "(c3) r2 = atomic_xchg((u32 *)(r1 +0), r2)"},
    {"atomic_cmpxchg64",
     {insn(Op::atomic_cmpxchg64, {.dst = 1, .src = 2})},
     "(db) r0 = atomic64_cmpxchg((u64 *)(r1 +0), r0, r2)"},
    {"load_acquire_h",
     {insn(Op::load_acquire_h, {.dst = 1, .src = 2, .off = 8})},
     "(cb) r1 = load_acquire((u16 *)(r2 +8))"},
    {"store_release_dw",
     {insn(Op::store_release_dw, {.dst = 1, .src = 2, .off = -8})},
     "(db) store_release((u64 *)(r1 -8), r2)"},
    {"ld_abs_b", {insn(Op::ld_abs_b, {.imm = 23})}, "(30) r0 = *(u8 *)skb[23]"},
    {"ld_ind_w", {insn(Op::ld_ind_w, {.src = 7, .imm = -4})}, "(40) r0 = *(u32 *)skb[r7 + -4]"},
    {"lddw",
     {insn(Op::lddw, {.dst = 1, .imm = -2}), second_slot(0x11223344)},
     "(18) r1 = 0x11223344fffffffe"},
    {"lddw_map_fd",
     {insn(Op::lddw_map_fd, {.dst = 1, .imm = 5}), second_slot(0)},
     "(18) r1 = map[fd:5]"},
    {"lddw_map_value",
     {insn(Op::lddw_map_value, {.dst = 1, .imm = 5}), second_slot(8)},
     "(18) r1 = map[fd:5][0]+8"},
    {"lddw_btf_id",
     {insn(Op::lddw_btf_id, {.dst = 1, .imm = 7}), second_slot(0)},
     "(18) r1 = btf_id 7"},
    {"lddw_module_btf_id",
     {insn(Op::lddw_btf_id, {.dst = 1, .imm = 7}), second_slot(3)},
     "(18) r1 = btf_id 7[fd:3]"},
    {"lddw_func",
     {insn(Op::lddw_func, {.dst = 1, .imm = 4}), second_slot(0)},
     "(18) r1 = subprog[pc+4]"},
    {"lddw_map_idx",
     {insn(Op::lddw_map_idx, {.dst = 1, .imm = 3}), second_slot(0)},
     "(18) r1 = map[idx:3]"},
    {"lddw_map_idx_value",
     {insn(Op::lddw_map_idx_value, {.dst = 1, .imm = 3}), second_slot(-1)},
     "(18) r1 = map[idx:3][0]+4294967295"},
};
INSTANTIATE_TEST_SUITE_P(cases, disasm, testing::ValuesIn(cases),
                         [](const auto& test) { return std::string(test.param.name); });

TEST(disasm_names, come_from_the_caller) {
    DisasmNames names{
        .helper = [](std::int32_t id) { return id == 1 ? "bpf_map_lookup_elem" : ""; },
        .kfunc = [](const Insn& call) { return call.imm == 9 ? "bpf_cpumask_create" : ""; },
        .map = [](const Insn& load) { return load.imm == 0 ? "counters" : ""; },
    };
    std::vector<Insn> program{insn(Op::call_helper, {.imm = 1}), insn(Op::call_helper, {.imm = 2}),
                              insn(Op::call_kfunc, {.imm = 9}), insn(Op::lddw_map_value),
                              second_slot(4)};
    EXPECT_EQ(*disassemble(program, names),
              "0: (85) call bpf_map_lookup_elem#1\n"
              "1: (85) call unknown#2\n"
              "2: (85) call bpf_cpumask_create#9\n"
              "3: (18) r0 = map[fd:0 counters][0]+4\n");
}

TEST(disasm_errors, say_where_and_what) {
    std::vector<Insn> program{insn(Op::exit), Insn{0x8f, 0, 0, 0, 0}, insn(Op::lddw)};
    EXPECT_EQ(disassemble(program, 1).error().message, "insn 1: unknown opcode 8f");
    EXPECT_EQ(disassemble(program, 2).error().message, "insn 2: lddw: second slot is missing");
    EXPECT_EQ(disassemble(program, 3).error().message, "insn 3: behind the end");
    EXPECT_EQ(disassemble(program).error().message, "insn 1: unknown opcode 8f");
}

}  // namespace
}  // namespace bpftwin
