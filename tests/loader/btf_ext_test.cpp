// `.BTF.ext` damaged in every way that a field can be.
#include "loader/btf_ext.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstring>

namespace bpftwin {
namespace {

using testing::HasSubstr;

/// BTF with the function `f`, type 3 (int 1, its prototype 2), in section "xdp".
std::shared_ptr<const Btf> small_btf() {
    const std::string strings(
        "\0xdp\0f\0int\0"
        "0:1\0",
        15);
    const std::uint32_t types[] = {
        7, 1u << 24,      4, 32 | 1u << 24,  // INT int, 32 bits, signed
        0, 13u << 24,     1,                 // FUNC_PROTO returning it
        5, 12u << 24 | 1, 2,                 // FUNC f, global
    };
    std::uint32_t header[] = {0x0001eb9f,
                              24,
                              0,
                              sizeof(types),
                              sizeof(types),
                              static_cast<std::uint32_t>(strings.size())};
    Bytes raw(sizeof(header) + sizeof(types) + strings.size());
    std::memcpy(raw.data(), header, sizeof(header));
    std::memcpy(raw.data() + sizeof(header), types, sizeof(types));
    std::memcpy(raw.data() + sizeof(header) + sizeof(types), strings.data(), strings.size());
    auto btf = Btf::parse(raw);
    EXPECT_TRUE(btf) << btf.error().message;
    return *btf;
}

constexpr std::uint32_t header_len = 32, xdp = 1, access = 11, function = 3;

/// Words of a whole section: func info of one record, line info of two, one CO-RE record.
std::vector<std::uint32_t> good() {
    return {0x0001eb9f, header_len, 0,  20,  20, 44, 64,       28,     8,       xdp, 1,
            0,          function,   16, xdp, 2,  8,  0,        0,      1 << 10, 0,   0,
            0,          2 << 10,    16, xdp, 1,  8,  function, access, 0};
}

Result<BtfExt> parse(const std::vector<std::uint32_t>& words, const Btf& btf) {
    return parse_btf_ext(std::as_bytes(std::span(words)), btf);
}

std::string error_with(std::size_t word, std::uint32_t value) {
    auto words = good();
    words.at(word) = value;
    auto btf = small_btf();
    auto parsed = parse(words, *btf);
    return parsed ? "" : parsed.error().message;
}

TEST(btf_ext, records_are_sorted_by_instruction) {
    auto btf = small_btf();
    auto parsed = parse(good(), *btf);
    ASSERT_TRUE(parsed) << parsed.error().message;
    const auto& info = parsed->at("xdp");
    ASSERT_EQ(info.functions.size(), 1u);
    EXPECT_EQ(info.functions[0].type_id, function);
    ASSERT_EQ(info.lines.size(), 2u);
    EXPECT_EQ(info.lines[0].insn, 0u);
    EXPECT_EQ(info.lines[0].line_col, 2u << 10);
    EXPECT_EQ(info.lines[1].insn, 1u);
    ASSERT_EQ(info.core.size(), 1u);
    EXPECT_EQ(info.core[0].access, "0:1");
}

TEST(btf_ext, copies_of_a_range_are_renumbered) {
    auto btf = small_btf();
    const InsnInfo info = parse(good(), *btf)->at("xdp");
    constexpr InsnRange range{.first = 1, .end = 5, .base = 100};
    EXPECT_FALSE(info.has_functions(range));
    EXPECT_TRUE(info.has_lines(range));
    std::vector<LineInfo> lines = {{7, 0, 0, 0}};
    info.copy_lines(range, lines);
    ASSERT_EQ(lines.size(), 2u);
    EXPECT_EQ(lines[0].insn, 7u);
    EXPECT_EQ(lines[1].insn, 100u);
    std::vector<CoreRelocation> core;
    info.copy_core(range, core);
    EXPECT_EQ(core.at(0).insn, 100u);
}

TEST(btf_ext, a_header_without_core_relocations_is_enough) {
    auto btf = small_btf();
    std::vector<std::uint32_t> words = {0x0001eb9f, 24, 0, 0, 0, 0};
    auto parsed = parse(words, *btf);
    ASSERT_TRUE(parsed) << parsed.error().message;
    EXPECT_TRUE(parsed->empty());
}

TEST(btf_ext, damaged_fields_are_named) {
    EXPECT_EQ(error_with(0, 0x0001beef), "bad magic beef");
    EXPECT_EQ(error_with(0, 0x0002eb9f), "unknown version 2");
    EXPECT_EQ(error_with(1, 8), "header length 8 is out of range");
    EXPECT_EQ(error_with(1, 1u << 31), "header length 2147483648 is out of range");
    EXPECT_EQ(error_with(2, ~0u), "func info: 20 bytes at 4294967295 leave the section");
    EXPECT_EQ(error_with(3, ~0u), "func info: 4294967295 bytes at 0 leave the section");
    EXPECT_EQ(error_with(3, 2), "func info: no room for the record size");
    EXPECT_EQ(error_with(3, 10), "func info: no room for a section's header");
    EXPECT_EQ(error_with(8, 4), "func info: bad record size 4");
    EXPECT_EQ(error_with(8, 9), "func info: bad record size 9");
    EXPECT_EQ(error_with(10, ~0u), "func info: section xdp: no room for 4294967295 records");
    EXPECT_EQ(error_with(11, 4), "func info: section xdp: offset 4 is not at an instruction");
    EXPECT_EQ(error_with(12, 1), "func info: section xdp: insn 0: type 1 is not a function");
    EXPECT_EQ(error_with(12, 99), "func info: section xdp: insn 0: type 99 is not a function");
    EXPECT_EQ(error_with(28, 99), "CO-RE relocations: section xdp: insn 1: type 99 does not exist");
}

TEST(btf_ext, every_truncation_is_an_error) {
    auto btf = small_btf();
    auto words = good();
    auto bytes = std::as_bytes(std::span(words));
    for (std::size_t size = 0; size < bytes.size(); ++size)
        EXPECT_FALSE(parse_btf_ext(bytes.first(size), *btf)) << size;
}

}  // namespace
}  // namespace bpftwin
