// Short programs and the operations that are emitted for them.
#include <map>

#include "fmt/format.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "jit/lower.h"
#include "tests/support/programs.h"

namespace bpftwin::test {
namespace {

using namespace jit;

std::string_view name_of(Row row) {
    static const std::map<Row, std::string_view> own = {
#define LOWERED(name) {Row::name, #name},
#include "jit/lowered.def"
    };
    return is_op(row) ? info(row).name : own.at(row);
}

std::string_view name_of(Select select) {
    switch (select) {
        case Select::none: return "";
        case Select::set: return " set";
        case Select::move32: return " move32";
        case Select::move64: return " move64";
    }
    return "";
}

/// "L3: ldxw r0 = r1 [r2 << 2] +8 swapped": a label, the row, what it writes, the registers it
/// reads in their order, offset, immediate, and what else is set.
std::string text_of(const Lowered& op) {
    std::string text;
    if (op.is_target && op.first_pc != 0) text += fmt::format("L{}: ", op.first_pc);
    text += name_of(op.row);
    if (op.dst != no_register) text += fmt::format(" r{} =", op.dst);
    if (op.left != no_register) text += fmt::format(" r{}", op.left);
    if (op.right != no_register) text += fmt::format(" r{}", op.right);
    if (op.index != no_register) text += fmt::format(" [r{} << {}]", op.index, op.scale);
    if (op.index == no_register && op.scale != 0) text += fmt::format(" << {}", op.scale);
    if (op.off != 0) text += fmt::format(" {:+}", op.off);
    if (op.imm != 0) text += fmt::format(" #{}", op.imm);
    if (jumps(op)) text += fmt::format(" goto {}", op.target);
    text += name_of(op.select);
    if (op.negated) text += " negated";
    if (op.byte_swapped) text += " swapped";
    return text;
}

struct Folded {
    std::string name;
    std::string program;
    std::vector<std::string> operations;
};
void PrintTo(const Folded& one, std::ostream* out) { *out << one.program; }

class fold_of : public testing::TestWithParam<Folded> {};

TEST_P(fold_of, a_program_is) {
    const auto program = assembled(GetParam().program);
    auto lowered = lower(program, {});
    ASSERT_TRUE(lowered) << lowered.error().message;
    find_live_registers(*lowered);
    fold(*lowered);
    std::vector<std::string> operations;
    for (const Lowered& op : lowered->code) operations.push_back(text_of(op));
    EXPECT_THAT(operations, testing::ElementsAreArray(GetParam().operations));
}

INSTANTIATE_TEST_SUITE_P(
    table, fold_of,
    testing::ValuesIn(std::vector<Folded>{
        // --- d = s; d op= x
        {"a_move_and_an_operation", "r0 = r1\n r0 += 5\n exit", {"add64_k r0 = r1 #5", "exit r0"}},
        {"a_move_that_is_wider_than_the_operation",
         "r0 = r1\n w0 ^= w2\n exit",
         {"xor_32_x r0 = r1 r2", "exit r0"}},
        {"a_move_that_is_narrower_than_the_operation",
         "w0 = w1\n r0 += 5\n exit",
         {"mov32_x r0 = r1", "add64_k r0 = r0 #5", "exit r0"}},
        {"a_move_before_a_label",
         "r0 = r1\n l: r0 += 5\n if r0 s< 9 goto l\n exit",
         {"mov64_x r0 = r1", "L1: add64_k r0 = r0 #5", "jslt64_k r0 #9 goto 1", "exit r0"}},

        // --- Constants
        {"a_constant_operand",
         "r2 = 7\n r0 = r1\n r0 *= r2\n exit",
         {"mul64_k r0 = r1 #7", "exit r0"}},
        {"a_constant_operand_that_is_needed_later",
         "r2 = 7\n r1 *= r2\n r0 = r1\n r0 += r2\n exit",
         {"mov64_k r2 = #7", "mul64_x r1 = r1 r2", "add64_x r0 = r1 r2", "exit r0"}},
        {"a_constant_that_32_bits_do_not_hold",
         "r2 = 0x100000000 ll\n r1 |= r2\n r0 = r1\n exit",
         {"lddw r2 = #4294967296", "or_64_x r1 = r1 r2", "mov64_x r0 = r1", "exit r0"}},
        {"a_constant_that_32_bits_hold_when_32_are_asked_for",
         "r2 = 0x80000001 ll\n w1 |= w2\n r0 = r1\n exit",
         {"or_32_k r1 = r1 #-2147483647", "mov64_x r0 = r1", "exit r0"}},

        // --- Rotation
        {"a_rotation",
         "r0 = r1\n r0 <<= 13\n r1 >>= 51\n r0 |= r1\n exit",
         {"rotate64 r0 = r1 #13", "exit r0"}},
        {"a_rotation_of_32_bits_the_other_way_round",
         "w0 = w1\n w0 >>= 7\n w1 <<= 25\n w0 ^= w1\n exit",
         {"rotate32 r0 = r1 #25", "exit r0"}},
        {"shifts_that_are_no_rotation",
         "r0 = r1\n r0 <<= 13\n r1 >>= 50\n r0 |= r1\n exit",
         {"lsh64_k r0 = r1 #13", "rsh64_k r1 = r1 #50", "or_64_x r0 = r0 r1", "exit r0"}},
        {"a_rotation_whose_part_is_needed_later",
         "r0 = r1\n r0 <<= 13\n r1 >>= 51\n r0 |= r1\n r0 += r1\n exit",
         {"lsh64_k r0 = r1 #13", "rsh64_k r1 = r1 #51", "or_64_x r0 = r0 r1", "add64_x r0 = r0 r1",
          "exit r0"}},
        {"a_rotation_that_is_jumped_into",
         "if r1 == 0 goto l\n r0 = r1\n r0 <<= 13\n l: r1 >>= 51\n r0 |= r1\n exit",
         {"jeq64_k r1 goto 3", "lsh64_k r0 = r1 #13", "L3: rsh64_k r1 = r1 #51",
          "or_64_x r0 = r0 r1", "exit r0"}},

        // --- Addresses
        {"a_field_of_a_pointer_moved_on",
         "r1 += 8\n r0 = *(u32 *)(r1 +4)\n exit",
         {"ldxw r0 = r1 +12", "exit r0"}},
        {"an_array_element",
         "r2 <<= 3\n r1 += r2\n r0 = *(u64 *)(r1 +16)\n exit",
         {"ldxdw r0 = r1 [r2 << 3] +16", "exit r0"}},
        {"an_array_element_behind_a_header",
         "r3 = r1\n r3 += 24\n r2 <<= 2\n r3 += r2\n *(u32 *)(r3 +4) = 9\n exit",
         {"stw r1 [r2 << 2] +28 #9", "exit r0"}},
        {"an_array_element_too_wide_to_scale",
         "r2 <<= 4\n r1 += r2\n r0 = *(u64 *)(r1 +0)\n exit",
         {"lsh64_k r2 = r2 #4", "ldxdw r0 = r1 [r2 << 0]", "exit r0"}},
        {"an_index_that_is_needed_later",
         "r2 <<= 3\n r1 += r2\n r0 = *(u64 *)(r1 +0)\n r0 += r2\n exit",
         {"lsh64_k r2 = r2 #3", "ldxdw r0 = r1 [r2 << 0]", "add64_x r0 = r0 r2", "exit r0"}},
        {"a_pointer_that_is_needed_later",
         "r1 += 8\n r0 = *(u32 *)(r1 +4)\n r0 += r1\n exit",
         {"add64_k r1 = r1 #8", "ldxw r0 = r1 +4", "add64_x r0 = r0 r1", "exit r0"}},
        {"a_pointer_stored_at_itself",
         "r1 += 8\n *(u64 *)(r1 +0) = r1\n r0 = 0\n exit",
         {"add64_k r1 = r1 #8", "stxdw r1 r1", "mov64_k r0 =", "exit r0"}},
        {"an_offset_beyond_32_bits",
         "r1 += 2147483647\n r0 = *(u8 *)(r1 +1)\n exit",
         {"add64_k r1 = r1 #2147483647", "ldxb r0 = r1 +1", "exit r0"}},
        {"an_address_that_is_jumped_to",
         "r1 += 8\n l: r0 = *(u32 *)(r1 +4)\n if r0 != 0 goto l\n exit",
         {"add64_k r1 = r1 #8", "L1: ldxw r0 = r1 +4", "jne64_k r0 goto 1", "exit r0"}},
        {"an_atomic_access",
         "r1 += 8\n lock *(u64 *)(r1 +0) += r2\n r0 = 0\n exit",
         {"add64_k r1 = r1 #8", "atomic_add64 r1 r2", "mov64_k r0 =", "exit r0"}},

        // --- Extension
        {"zero_extension_by_shifts",
         "r1 <<= 32\n r1 >>= 32\n r0 = r1\n exit",
         {"mov32_x r1 = r1", "mov64_x r0 = r1", "exit r0"}},
        {"sign_extension_by_shifts",
         "r1 <<= 48\n r1 s>>= 48\n r0 = r1\n exit",
         {"movsx16_64 r1 = r1", "mov64_x r0 = r1", "exit r0"}},
        {"zero_extension_of_some_bits",
         "r1 <<= 44\n r1 >>= 44\n r0 = r1\n exit",
         {"and_32_k r1 = r1 #1048575", "mov64_x r0 = r1", "exit r0"}},
        {"shifts_by_different_counts",
         "r1 <<= 32\n r1 >>= 31\n r0 = r1\n exit",
         {"lsh64_k r1 = r1 #32", "rsh64_k r1 = r1 #31", "mov64_x r0 = r1", "exit r0"}},
        {"zero_extension_of_what_is_zero_extended",
         "w1 += 1\n w1 = w1\n r0 = r1\n exit",
         {"add32_k r1 = r1 #1", "mov64_x r0 = r1", "exit r0"}},
        {"zero_extension_of_a_load",
         "r1 = *(u16 *)(r1 +0)\n w1 = w1\n r0 = r1\n exit",
         {"ldxh r1 = r1", "mov64_x r0 = r1", "exit r0"}},
        {"zero_extension_of_a_signed_load",
         "r1 = *(s16 *)(r1 +0)\n w1 = w1\n r0 = r1\n exit",
         {"ldxsh r1 = r1", "mov32_x r1 = r1", "mov64_x r0 = r1", "exit r0"}},
        {"zero_extension_at_a_label",
         "w1 += 1\n l: w1 = w1\n if r1 == r2 goto l\n r0 = r1\n exit",
         {"add32_k r1 = r1 #1", "L1: mov32_x r1 = r1", "jeq64_x r1 r2 goto 1", "mov64_x r0 = r1",
          "exit r0"}},

        // --- Byte order
        {"a_big_endian_load",
         "r0 = *(u32 *)(r1 +0)\n r0 = be32 r0\n exit",
         {"ldxw r0 = r1 swapped", "exit r0"}},
        {"a_big_endian_load_of_another_width",
         "r0 = *(u32 *)(r1 +0)\n r0 = be16 r0\n exit",
         {"ldxw r0 = r1", "be16 r0 = r0 #16", "exit r0"}},

        // --- Bit tests
        {"a_bit_test",
         "r0 = 1\n r1 &= 8\n if r1 == 0 goto l\n *(u64 *)(r10 -8) = 0\n l: exit",
         {"mov64_k r0 = #1", "jset64_k r1 #8 goto 4 negated", "stdw r10 -8", "L4: exit r0"}},
        {"a_bit_test_by_register",
         "r0 = 1\n r1 &= r2\n if r1 != 0 goto l\n *(u64 *)(r10 -8) = 0\n l: exit",
         {"mov64_k r0 = #1", "jset64_x r1 r2 goto 4", "stdw r10 -8", "L4: exit r0"}},
        {"a_bit_test_whose_result_is_needed_later",
         "r0 = 1\n r1 &= 8\n if r1 == 0 goto l\n *(u64 *)(r10 -8) = r1\n l: exit",
         {"mov64_k r0 = #1", "and_64_k r1 = r1 #8", "jeq64_k r1 goto 4", "stxdw r10 r1 -8",
          "L4: exit r0"}},
        {"a_wide_bit_test_of_a_narrow_jump",
         "r0 = 1\n r1 &= -8\n if w1 == 0 goto l\n *(u64 *)(r10 -8) = 0\n l: exit",
         {"mov64_k r0 = #1", "and_64_k r1 = r1 #-8", "jeq32_k r1 goto 4", "stdw r10 -8",
          "L4: exit r0"}},

        // --- Selection
        {"a_jump_over_a_move",
         "r0 = r2\n if r1 > r2 goto l\n r0 = r1\n l: exit",
         {"mov64_x r0 = r2", "jle64_x r0 = r1 r2 [r1 << 0] move64", "L3: exit r0"}},
        {"a_truth_value",
         "r0 = 1\n if r1 > r2 goto l\n r0 = 0\n l: exit",
         {"mov64_k r0 =", "jgt64_x r0 = r1 r2 set", "L3: exit r0"}},

        // --- Dead code
        {"what_nothing_reads", "r0 = 0\n r3 = 5\n w4 = 6\n exit", {"mov64_k r0 =", "exit r0"}},
        {"a_load_that_nothing_reads",
         "r3 = *(u8 *)(r1 +0)\n r0 = 0\n exit",
         {"ldxb r3 = r1", "mov64_k r0 =", "exit r0"}},
        {"a_label_at_what_nothing_reads",
         "r0 = 0\n l: r3 = 5\n r0 += 1\n if r0 s< 9 goto l\n exit",
         {"mov64_k r0 =", "L1: add64_k r0 = r0 #1", "jslt64_k r0 #9 goto 1", "exit r0"}},
        {"two_labels_at_once",
         "r0 = 0\n l: r3 = 5\n m: r0 += 1\n if r0 s< 9 goto l\n if r0 s< 12 goto m\n exit",
         {"mov64_k r0 =", "L1: mov64_k r3 = #5", "L2: add64_k r0 = r0 #1", "jslt64_k r0 #9 goto 1",
          "jslt64_k r0 #12 goto 2", "exit r0"}},
    }),
    [](const auto& tested) { return tested.param.name; });

}  // namespace
}  // namespace bpftwin::test
