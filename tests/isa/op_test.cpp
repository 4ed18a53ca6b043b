// Facts about the table as a whole.
#include "isa/op.h"

#include <gtest/gtest.h>

#include <map>
#include <set>

namespace bpftwin {
namespace {

TEST(op_table, is_indexed_by_op) {
    for (std::size_t i = 0; i < op_count; ++i)
        EXPECT_EQ(static_cast<std::size_t>(op_table[i].op), i) << op_table[i].name;
}

TEST(op_table, has_distinct_names) {
    std::set<std::string_view> names;
    for (const auto& row : op_table) EXPECT_TRUE(names.insert(row.name).second) << row.name;
}

/// Class bits say the width of arithmetic and jumps (RFC 9669 section 3.3).
TEST(op_table, agrees_with_the_class_bits) {
    for (const auto& row : op_table) {
        unsigned cls = row.code & 7;
        bool arithmetic =
            row.family == Family::alu || row.family == Family::neg || row.family == Family::movsx;
        if (arithmetic) {
            EXPECT_EQ(row.bits, cls == 7 ? 64 : 32) << row.name;
        } else if (row.family == Family::jmp) {
            EXPECT_EQ(row.bits, cls == 5 ? 64 : 32) << row.name;
        }
    }
}

/// Size bits say the width of loads and stores (RFC 9669 section 5).
TEST(op_table, agrees_with_the_size_bits) {
    constexpr unsigned bits[] = {32, 16, 8, 64};
    for (const auto& row : op_table) {
        if ((row.code & 7) >= 4 || row.family == Family::lddw) continue;
        EXPECT_EQ(row.bits, bits[row.code >> 3 & 3]) << row.name;
    }
}

/// Counted from RFC 9669 and the kernel's own instructions.
TEST(op_table, has_all_instructions_of_each_conformance_group) {
    std::map<ConformanceGroup, unsigned> count;
    for (const auto& row : op_table) ++count[row.group];
    EXPECT_EQ(count[ConformanceGroup::divmul32], 10u);
    EXPECT_EQ(count[ConformanceGroup::divmul64], 10u);
    EXPECT_EQ(count[ConformanceGroup::atomic32], 10u);
    EXPECT_EQ(count[ConformanceGroup::atomic64], 10u);
    EXPECT_EQ(count[ConformanceGroup::packet], 6u);
    EXPECT_EQ(count[ConformanceGroup::callx], 1u);
    EXPECT_EQ(count[ConformanceGroup::kernel], 10u);
    // 9 operations with 2 operands, neg, movsx, swaps; 11 conditions; goto, gotol, 3 calls, exit;
    // loads, signed loads, stores of both kinds.
    EXPECT_EQ(count[ConformanceGroup::base32], 18u + 1 + 2 + 6 + 22 + 6 + 3 + 3 + 3 + 3);
    EXPECT_EQ(count[ConformanceGroup::base64], 18u + 1 + 3 + 3 + 22 + 3 + 7);
}

TEST(op_table, names_every_group) {
    for (const auto& row : op_table) EXPECT_FALSE(name_of(row.group).empty()) << row.name;
    EXPECT_EQ(name_of(info(Op::mul32_k).group), "divmul32");
    EXPECT_EQ(name_of(info(Op::ldxsw).group), "base32");
    EXPECT_EQ(name_of(info(Op::may_goto).group), "linux");
}

TEST(op_table, knows_which_field_is_a_target) {
    EXPECT_EQ(target_field(Op::jeq32_k), off_field);
    EXPECT_EQ(target_field(Op::may_goto), off_field);
    EXPECT_EQ(target_field(Op::gotol), imm_field);
    EXPECT_EQ(target_field(Op::call_local), imm_field);
    EXPECT_EQ(target_field(Op::lddw_func), imm_field);
    EXPECT_EQ(target_field(Op::call_helper), no_field);
    EXPECT_EQ(target_field(Op::mod64_k), no_field);
}

}  // namespace
}  // namespace bpftwin
