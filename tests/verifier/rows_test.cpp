// Encodings that are wrong, in the kernel's words.
#include "verifier/rows.h"

#include "isa/encode.h"
#include "tests/support/programs.h"
#include "tests/verifier/kernel_asked.h"

namespace bpftwin::test {
namespace {

using verifier::Checked;

struct EncodingCase {
    std::string_view name;
    std::vector<Insn> insns;  ///< Between `r0 = 0` and `exit`.
    std::string_view reason;
};
void PrintTo(const EncodingCase& c, std::ostream* out) { *out << c.name; }

Checked<void> check_all(std::span<const Insn> insns) {
    const auto ops = verifier::rows_of(insns);
    if (!ops) return std::unexpected(ops.error());
    for (std::size_t at = 0; at < insns.size(); at += slots((*ops)[at]))
        if (auto checked = verifier::check_fields(insns[at], (*ops)[at]); !checked) return checked;
    return {};
}

class Encoding : public testing::TestWithParam<EncodingCase> {};

TEST_P(Encoding, is_refused_in_the_kernels_words) {
    ObjectSpec object = object_of({assembled("r0 = 0\nexit", ProgType::socket_filter)});
    std::vector<Insn>& insns = object.programs[0].insns;
    insns.insert(insns.begin() + 1, GetParam().insns.begin(), GetParam().insns.end());
    const auto checked = check_all(insns);
    EXPECT_EQ(checked ? "" : checked.error().reason, GetParam().reason);
    const Verdict kernel = kernel_verdict(object);
    if (kernel.answer == Answer::not_loadable) GTEST_SKIP() << kernel.reason;
    EXPECT_EQ(kernel.reason, GetParam().reason) << kernel.log;
    EXPECT_EQ(kernel.error, checked ? 0 : checked.error().error);
}

const EncodingCase encoding_cases[] = {
    {"unknown", {{0x8f, 0, 0, 0, 0}}, "unknown opcode 8f"},
    {"callx", {{0x8d, 0, 0, 0, 0}}, "unknown opcode 8d"},
    {"second_slot_alone", {{0, 0, 0, 0, 0}}, "unknown opcode 00"},
    {"load_mode", {{0xa1, 0, 10, -8, 0}}, "BPF_LDX uses reserved fields"},
    {"load_imm", {{0x61, 0, 10, -8, 2}}, "BPF_LDX uses reserved fields"},
    {"wide_sign_extension", {{0x99, 0, 10, -8, 0}}, "unknown opcode 99"},
    {"lddw_second_slot", {{0x18, 0, 0, 0, 0}, {0, 0, 0, 1, 0}}, "invalid bpf_ld_imm64 insn"},
    {"lddw_without_second", {{0x18, 0, 0, 0, 0}}, "invalid bpf_ld_imm64 insn"},
    {"lddw_src", {{0x18, 0, 9, 0, 0}, {0, 0, 0, 0, 0}}, "unrecognized bpf_ld_imm64 insn"},
    {"lddw_off", {{0x18, 0, 0, 4, 0}, {0, 0, 0, 0, 0}}, "BPF_LD_IMM64 uses reserved fields"},
    {"mov_off", {{0xb7, 0, 0, 5, 0}}, "BPF_MOV uses reserved fields"},
    {"mov_src", {{0xb7, 0, 3, 0, 0}}, "BPF_MOV uses reserved fields"},
    {"movsx_imm", {{0xbf, 0, 0, 8, 1}}, "BPF_MOV uses reserved fields"},
    {"movsx_32_narrow", {{0xbc, 0, 0, 32, 0}}, "BPF_MOV uses reserved fields"},
    {"cast_imm",
     {{0xbf, 0, 0, 1, 5}},
     "addr_space_cast insn can only convert between address space 1 and 0"},
    {"add_off", {{0x0f, 0, 0, 1, 0}}, "BPF_ALU uses reserved fields"},
    {"div_off", {{0x3f, 0, 0, 2, 0}}, "BPF_ALU uses reserved fields"},
    {"add_imm", {{0x0f, 0, 0, 0, 3}}, "BPF_ALU uses reserved fields"},
    {"neg_imm", {{0x87, 0, 0, 0, 17}}, "BPF_NEG uses reserved fields"},
    {"swap_of_17_bits", {{0xd4, 0, 0, 0, 17}}, "BPF_END uses reserved fields"},
    {"jump_src", {{0x15, 0, 2, 0, 0}}, "BPF_JMP/JMP32 uses reserved fields"},
    {"jump_imm", {{0x1d, 0, 0, 0, 4}}, "BPF_JMP/JMP32 uses reserved fields"},
    {"ja_imm", {{0x05, 0, 0, 0, 4}}, "BPF_JA uses reserved fields"},
    {"gotol_off", {{0x06, 0, 0, 2, 0}}, "BPF_JA uses reserved fields"},
    {"may_goto_imm", {{0xe5, 0, 0, 0, 3}}, "invalid may_goto imm 3"},
    {"call_src", {{0x85, 0, 3, 0, 5}}, "BPF_CALL uses reserved fields"},
    {"call_off", {{0x85, 0, 0, 1, 5}}, "BPF_CALL uses reserved fields"},
    {"exit_imm", {{0x15, 0, 0, 1, 1}, {0x95, 0, 0, 0, 5}}, "BPF_EXIT uses reserved fields"},
    {"store_src", {{0x7a, 10, 2, -8, 0}}, "BPF_ST uses reserved fields"},
    {"store_imm", {{0x7b, 10, 0, -8, 5}}, "BPF_STX uses reserved fields"},
    {"atomic_2", {{0xdb, 10, 0, -8, 2}}, "BPF_ATOMIC uses invalid atomic opcode 02"},
    {"atomic_byte", {{0xd3, 10, 0, -8, 1}}, "invalid atomic operand size"},
    {"ld_abs_dst", {{0x30, 1, 0, 0, 0}}, "BPF_LD_[ABS|IND] uses reserved fields"},
    {"may_goto_nowhere", {{0xe5, 0, 0, 0, 0}}, ""},
};
INSTANTIATE_TEST_SUITE_P(rows, Encoding, testing::ValuesIn(encoding_cases),
                         [](const auto& info) { return std::string(info.param.name); });

TEST(rows, an_exit_may_have_an_offset) {
    ObjectSpec object = object_of({assembled("r0 = 0\nexit", ProgType::socket_filter)});
    object.programs[0].insns[1].off = 3;
    EXPECT_TRUE(check_all(object.programs[0].insns));
    const Verdict kernel = kernel_verdict(object);
    if (kernel.answer == Answer::not_loadable) GTEST_SKIP() << kernel.reason;
    EXPECT_EQ(kernel.answer, Answer::accepted);
}

}  // namespace
}  // namespace bpftwin::test
