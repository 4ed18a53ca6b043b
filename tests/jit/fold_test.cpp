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
        {"a_move_and_an_operation", "r0 = r1\n r0 += 5\n exit", {}},
        {"a_move_that_is_wider_than_the_operation", "r0 = r1\n w0 ^= w2\n exit", {}},
        {"a_move_that_is_narrower_than_the_operation", "w0 = w1\n r0 += 5\n exit", {}},
        {"a_move_before_a_label", "r0 = r1\n l: r0 += 5\n if r0 s< 9 goto l\n exit", {}},

        // --- Constants
        {"a_constant_operand", "r2 = 7\n r0 = r1\n r0 *= r2\n exit", {}},
        {"a_constant_operand_that_is_needed_later",
         "r2 = 7\n r1 *= r2\n r0 = r1\n r0 += r2\n exit",
         {}},
        {"a_constant_that_32_bits_do_not_hold",
         "r2 = 0x100000000 ll\n r1 |= r2\n r0 = r1\n exit",
         {}},
        {"a_constant_that_32_bits_hold_when_32_are_asked_for",
         "r2 = 0x80000001 ll\n w1 |= w2\n r0 = r1\n exit",
         {}},

        // --- Rotation
        {"a_rotation", "r0 = r1\n r0 <<= 13\n r1 >>= 51\n r0 |= r1\n exit", {}},
        {"a_rotation_of_32_bits_the_other_way_round",
         "w0 = w1\n w0 >>= 7\n w1 <<= 25\n w0 ^= w1\n exit",
         {}},
        {"shifts_that_are_no_rotation", "r0 = r1\n r0 <<= 13\n r1 >>= 50\n r0 |= r1\n exit", {}},
        {"a_rotation_whose_part_is_needed_later",
         "r0 = r1\n r0 <<= 13\n r1 >>= 51\n r0 |= r1\n r0 += r1\n exit",
         {}},
        {"a_rotation_that_is_jumped_into",
         "if r1 == 0 goto l\n r0 = r1\n r0 <<= 13\n l: r1 >>= 51\n r0 |= r1\n exit",
         {}},

        // --- Addresses
        {"a_field_of_a_pointer_moved_on", "r1 += 8\n r0 = *(u32 *)(r1 +4)\n exit", {}},
        {"an_array_element", "r2 <<= 3\n r1 += r2\n r0 = *(u64 *)(r1 +16)\n exit", {}},
        {"an_array_element_behind_a_header",
         "r3 = r1\n r3 += 24\n r2 <<= 2\n r3 += r2\n *(u32 *)(r3 +4) = 9\n exit",
         {}},
        {"an_array_element_too_wide_to_scale",
         "r2 <<= 4\n r1 += r2\n r0 = *(u64 *)(r1 +0)\n exit",
         {}},
        {"an_index_that_is_needed_later",
         "r2 <<= 3\n r1 += r2\n r0 = *(u64 *)(r1 +0)\n r0 += r2\n exit",
         {}},
        {"a_pointer_that_is_needed_later", "r1 += 8\n r0 = *(u32 *)(r1 +4)\n r0 += r1\n exit", {}},
        {"a_pointer_stored_at_itself", "r1 += 8\n *(u64 *)(r1 +0) = r1\n r0 = 0\n exit", {}},
        {"an_offset_beyond_32_bits", "r1 += 2147483647\n r0 = *(u8 *)(r1 +1)\n exit", {}},
        {"an_address_that_is_jumped_to",
         "r1 += 8\n l: r0 = *(u32 *)(r1 +4)\n if r0 != 0 goto l\n exit",
         {}},
        {"an_atomic_access", "r1 += 8\n lock *(u64 *)(r1 +0) += r2\n r0 = 0\n exit", {}},

        // --- Extension
        {"zero_extension_by_shifts", "r1 <<= 32\n r1 >>= 32\n r0 = r1\n exit", {}},
        {"sign_extension_by_shifts", "r1 <<= 48\n r1 s>>= 48\n r0 = r1\n exit", {}},
        {"zero_extension_of_some_bits", "r1 <<= 44\n r1 >>= 44\n r0 = r1\n exit", {}},
        {"shifts_by_different_counts", "r1 <<= 32\n r1 >>= 31\n r0 = r1\n exit", {}},
        {"zero_extension_of_what_is_zero_extended", "w1 += 1\n w1 = w1\n r0 = r1\n exit", {}},
        {"zero_extension_of_a_load", "r1 = *(u16 *)(r1 +0)\n w1 = w1\n r0 = r1\n exit", {}},
        {"zero_extension_of_a_signed_load", "r1 = *(s16 *)(r1 +0)\n w1 = w1\n r0 = r1\n exit", {}},
        {"zero_extension_at_a_label",
         "w1 += 1\n l: w1 = w1\n if r1 == r2 goto l\n r0 = r1\n exit",
         {}},

        // --- Byte order
        {"a_big_endian_load", "r0 = *(u32 *)(r1 +0)\n r0 = be32 r0\n exit", {}},
        {"a_big_endian_load_of_another_width", "r0 = *(u32 *)(r1 +0)\n r0 = be16 r0\n exit", {}},

        // --- Bit tests
        {"a_bit_test", "r0 = 1\n r1 &= 8\n if r1 == 0 goto l\n call 5\n l: exit", {}},
        {"a_bit_test_by_register", "r0 = 1\n r1 &= r2\n if r1 != 0 goto l\n call 5\n l: exit", {}},
        {"a_bit_test_whose_result_is_needed_later",
         "r0 = 1\n r1 &= 8\n if r1 == 0 goto l\n r0 = r1\n call 5\n r0 = 0\n l: exit",
         {}},
        {"a_wide_bit_test_of_a_narrow_jump",
         "r0 = 1\n r1 &= -8\n if w1 == 0 goto l\n call 5\n l: exit",
         {}},

        // --- Selection
        {"a_jump_over_a_move", "r0 = r2\n if r1 > r2 goto l\n r0 = r1\n l: exit", {}},
        {"a_truth_value", "r0 = 1\n if r1 > r2 goto l\n r0 = 0\n l: exit", {}},

        // --- Dead code
        {"what_nothing_reads", "r3 = 5\n r4 = r3\n r4 += 1\n r0 = 0\n exit", {}},
        {"a_load_that_nothing_reads", "r3 = *(u8 *)(r1 +0)\n r0 = 0\n exit", {}},
        {"a_label_at_what_nothing_reads",
         "r0 = 0\n l: r3 = 5\n r0 += 1\n if r0 s< 9 goto l\n exit",
         {}},
    }),
    [](const auto& tested) { return tested.param.name; });

}  // namespace
}  // namespace bpftwin::test
