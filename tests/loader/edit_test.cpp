// Objects changed by name before they are loaded.
#include "bpftwin/edit.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstring>

#include "btf/btf.h"
#include "tests/loader/prelude.h"
#include "tests/support/compile.h"

namespace bpftwin {
namespace {

using testing::HasSubstr;

const std::string edited_source = test::prelude + R"(
struct range { u32 lo : 4, hi : 12; u8 tag[4]; };
struct config { u32 limit; struct range ranges[3]; };
const volatile u8 small = 7;
const volatile char label[8] = "before";
struct config cfg = {.limit = 1, .ranges = {{1, 2}, {3, 4}, {5, 6}}};
u64 counter;
u32 first SEC(".data.grown") = 9;
u32 grown[2] SEC(".data.grown") = {1, 2};
struct { __uint(type, 1); __uint(max_entries, 8); __type(key, u32); __type(value, u64); }
    table SEC(".maps");
struct { __uint(type, 1); __uint(max_entries, 2); __type(key, u64); __type(value, u64); }
    other SEC(".maps");
struct { __uint(type, 9); __uint(max_entries, 99); __type(key, u32); __type(value, u64); }
    lru SEC(".maps");
SEC("?xdp") int prog(void *ctx) {
    u32 key = small + label[0] + cfg.limit + counter++ + first + grown[1];
    return bpf_map_lookup_elem(&table, &key) != 0;
})";

class edits : public testing::Test {
protected:
    void SetUp() override {
        COMPILE_OR_SKIP(compiled, edited_source);
        auto loaded = load_elf(compiled.image(), "file.o");
        ASSERT_TRUE(loaded) << loaded.error().message;
        object = *std::move(loaded);
    }
    [[nodiscard]] const MapSpec& section(std::string_view name) const {
        for (const MapSpec& map : object.maps)
            if (map.section == name) return map;
        return object.maps.front();
    }
    /// The bytes of a variable, as a number.
    [[nodiscard]] std::uint64_t number(std::string_view in, std::string_view name) const {
        std::uint64_t value = 0;
        for (const GlobalVariable& global : globals_of(object, section(in)))
            if (global.name == name)
                std::memcpy(&value, section(in).contents.data() + global.offset,
                            std::min<std::size_t>(global.size, 8));
        return value;
    }
    [[nodiscard]] std::string error(std::string_view place, std::string_view value) {
        const auto edited = edit_global(object, place, value);
        return edited ? "" : edited.error().message;
    }
    [[nodiscard]] std::string resize_error(std::string_view name, std::uint32_t size) {
        const auto edited = resize_map(object, name, size);
        return edited ? "" : edited.error().message;
    }

    ObjectSpec object;
};

TEST_F(edits, constants_and_variables_are_set_by_name_alone) {
    ASSERT_EQ(error("small", "0x20"), "");
    ASSERT_EQ(error("counter", "5"), "");
    EXPECT_EQ(number(".rodata", "small"), 0x20u);
    EXPECT_EQ(number(".bss", "counter"), 5u);
}

TEST_F(edits, a_path_changes_nothing_but_the_part_it_leads_to) {
    ASSERT_EQ(error("cfg.ranges[1].hi", "100"), "");
    const Bytes cfg = section(".data").contents;
    std::uint32_t ranges[6];
    std::memcpy(ranges, cfg.data() + 4, sizeof ranges);
    EXPECT_EQ(ranges[0], 1u | 2u << 4);
    EXPECT_EQ(ranges[2], 3u | 100u << 4);
    EXPECT_EQ(ranges[4], 5u | 6u << 4);
}

TEST_F(edits, a_shorter_text_leaves_nothing_of_the_longer_one) {
    ASSERT_EQ(error("label", "\"ab\""), "");
    EXPECT_EQ(number(".rodata", "label"), std::uint64_t{'a'} | std::uint64_t{'b'} << 8);
}

TEST_F(edits, bytes_must_be_as_many_as_the_variable_has) {
    ASSERT_TRUE(edit_global(object, "counter", Bytes(8, std::byte{1})));
    EXPECT_EQ(number(".bss", "counter"), 0x0101010101010101u);
    const auto refused = edit_global(object, "counter", Bytes(4));
    ASSERT_FALSE(refused);
    EXPECT_EQ(refused.error().message, "global counter: 4 bytes given, 8 needed");
}

TEST_F(edits, an_unknown_variable_is_answered_with_near_names) {
    EXPECT_EQ(error("cuonter", "1"), "global cuonter: no such variable; did you mean counter");
    EXPECT_THAT(error("cfg.rangse[0].lo", "1"), HasSubstr("no field 'rangse'"));
    EXPECT_THAT(error("cfg.ranges[3].lo", "1"), HasSubstr("element 3 is beyond"));
    EXPECT_THAT(error("cfg.ranges[0", "1"), HasSubstr("expected '.member' or '[index]'"));
}

TEST_F(edits, a_value_out_of_range_is_refused_and_changes_nothing) {
    EXPECT_THAT(error("small", "256"), HasSubstr("global small: '256' does not fit"));
    EXPECT_THAT(error("cfg.ranges[0].lo", "16"), HasSubstr("4 bits"));
    EXPECT_EQ(number(".rodata", "small"), 7u);
}

TEST_F(edits, without_btf_the_sections_and_the_way_out_are_named) {
    object.btf = nullptr;
    EXPECT_THAT(error("small", "1"), HasSubstr("no types for .rodata, .data, .data.grown, .bss"));
    EXPECT_THAT(error("small", "1"), HasSubstr("compile with -g"));
}

TEST_F(edits, maps_get_another_number_of_entries) {
    ASSERT_EQ(resize_error("table", 1000), "");
    EXPECT_EQ(object.map("table")->max_entries, 1000u);
    EXPECT_THAT(resize_error("tabel", 1), HasSubstr("no map tabel; did you mean table"));
}

TEST_F(edits, a_data_section_grows_with_the_array_at_its_end) {
    ASSERT_EQ(resize_error(".data.grown", 4 + 5 * 4), "");
    EXPECT_EQ(section(".data.grown").value_size, 24u);
    EXPECT_EQ(*object.btf->size_of(section(".data.grown").btf_value_type_id), 24u);
    ASSERT_EQ(error("grown[4]", "77"), "");
    EXPECT_EQ(std::to_integer<int>(section(".data.grown").contents[20]), 77);
    EXPECT_EQ(number(".data.grown", "grown"), 1u | std::uint64_t{2} << 32);
}

TEST_F(edits, a_data_section_grows_only_by_whole_elements_of_an_array) {
    EXPECT_THAT(resize_error(".data.grown", 23), HasSubstr("whole elements of grown"));
    EXPECT_THAT(resize_error(".bss", 16), HasSubstr("last variable, counter, is not an array"));
    EXPECT_THAT(resize_error(".data.grown", 1U << 31), HasSubstr("are supported"));
}

TEST_F(edits, a_map_is_replaced_by_one_that_programs_can_use_alike) {
    MapSpec shared = *object.map("table");
    shared.name = "elsewhere";
    shared.max_entries = 3;
    shared.btf_value_type_id = 9999;
    ASSERT_TRUE(replace_map(object, "table", shared));
    EXPECT_EQ(object.map("table")->max_entries, 3u);
    EXPECT_NE(object.map("table")->btf_value_type_id, 9999u);

    const auto keys = replace_map(object, "table", *object.map("other"));
    ASSERT_FALSE(keys);
    EXPECT_EQ(keys.error().message,
              "map table: cannot be replaced by other: its keys have 4 bytes, those of other 8");
    const auto type = replace_map(object, "table", *object.map("lru"));
    ASSERT_FALSE(type);
    EXPECT_THAT(type.error().message, HasSubstr("a map of type hash, lru is of type lru_hash"));
}

TEST_F(edits, autoload_is_chosen_by_program) {
    ASSERT_TRUE(choose_autoload(object, "prog", true));
    EXPECT_TRUE(object.program("prog")->autoload);
    const auto unknown = choose_autoload(object, "porg", true);
    ASSERT_FALSE(unknown);
    EXPECT_EQ(unknown.error().message, "no program porg; did you mean prog");
}

}  // namespace
}  // namespace bpftwin
