// encode, decode, disassemble and assemble are inverse to each other for every row of the table.
#include <gtest/gtest.h>

#include "fmt/format.h"
#include "isa/assembler.h"
#include "isa/decode.h"
#include "isa/disasm.h"
#include "tests/isa/samples.h"

namespace bpftwin {
namespace {

TEST(every_row, has_samples) {
    for (const auto& row : op_table) EXPECT_FALSE(samples_of(row).empty()) << row.name;
}

TEST(every_row, decodes_to_itself) {
    for (const auto& row : op_table)
        for (const auto& sample : samples_of(row)) {
            auto op = decode_at(sample, 0);
            ASSERT_TRUE(op) << op.error().message;
            EXPECT_EQ(*op, row.op) << row.name;
        }
}

TEST(every_row, is_assembled_from_its_own_text) {
    for (const auto& row : op_table)
        for (const auto& sample : samples_of(row)) {
            auto text = disassemble(sample, 0);
            ASSERT_TRUE(text) << text.error().message;
            auto back = assemble(*text);
            ASSERT_TRUE(back) << back.error().message;
            EXPECT_EQ(*back, sample) << *text;
        }
}

/// Only a constant needs a word more to be told from a mov.
TEST(every_row, is_assembled_without_opcode) {
    for (const auto& row : op_table)
        for (const auto& sample : samples_of(row)) {
            auto text = disassemble(sample, 0)->substr(5);
            if (row.op == Op::lddw) text += " ll";
            auto back = assemble(text);
            ASSERT_TRUE(back) << back.error().message;
            EXPECT_EQ(*back, sample) << text;
        }
}

/// All registers and discriminators that a code byte could have, one field at a time.
std::vector<Insn> encodings_of(std::uint8_t code) {
    constexpr std::int16_t offs[] = {0, 1, 2, 7, 8, 9, 15, 16, 17, 31, 32, 33, 64, -1};
    constexpr std::int32_t imms[] = {0x00,  0x01,  0x10,  0x20,    0x40, 0x41, 0x50,
                                     0x51,  0xa0,  0xa1,  0xe0,    0xe1, 0xf0, 0xf1,
                                     0x100, 0x101, 0x110, 0x10000, -1};
    std::vector<Insn> result;
    for (std::uint8_t dst : {1, 11})
        for (std::uint8_t src = 0; src < 16; ++src)
            for (auto off : offs)
                for (auto imm : imms) result.push_back({code, dst, src, off, imm});
    return result;
}

/// Either an error, or the encoding comes back unchanged from its text.
void check(const Insn& first) {
    Slots sample{first, second_slot(0)};
    auto op = decode(first);
    if (!op) {
        EXPECT_FALSE(op.error().empty());
        EXPECT_FALSE(disassemble(sample, 0));
        return;
    }
    sample.resize(slots(*op));
    auto text = disassemble(sample, 0);
    ASSERT_TRUE(text) << text.error().message;
    auto back = assemble(*text);
    ASSERT_TRUE(back) << *text << ": " << back.error().message;
    ASSERT_EQ(*back, sample) << *text;
}

TEST(round_trip, holds_or_is_an_error_for_all_code_bytes_and_discriminators) {
    for (unsigned code = 0; code < 256; ++code)
        for (const auto& encoding : encodings_of(static_cast<std::uint8_t>(code))) check(encoding);
}

TEST(round_trip, holds_for_a_listing_of_all_rows) {
    std::vector<Insn> program;
    for (const auto& row : op_table) {
        auto sample = samples_of(row).back();
        program.insert(program.end(), sample.begin(), sample.end());
    }
    auto listing = disassemble(program);
    ASSERT_TRUE(listing) << listing.error().message;
    auto back = assemble(*listing);
    ASSERT_TRUE(back) << back.error().message;
    EXPECT_EQ(*back, program);
}

}  // namespace
}  // namespace bpftwin
