// Where values lie, and the fields of them that updates leave alone.
#include "helpers/maps/value_fields.h"

#include "tests/btf/builder.h"
#include "tests/helpers/maps_support.h"

namespace bpftwin::test {
namespace {

TEST(maps_values, all_lie_inside_the_region_each_in_its_own_element) {
    for (const MapType type : {MapType::array, MapType::percpu_array, MapType::hash,
                               MapType::percpu_hash, MapType::lru_hash, MapType::lru_percpu_hash})
        for (const std::uint32_t size : {1U, 8U, 12U, 4096U}) {
            const auto map = make_map(map_spec(type, 4, size, 300), 3);
            const Region region = map->regions().front();
            EXPECT_EQ(region.element, size);
            EXPECT_EQ(region.stride % 8, 0U);
            EXPECT_GE(region.stride, size);
            for (std::uint32_t key = 0; key < 300; ++key) {
                const Bytes value(size, std::byte{0x5a});
                ASSERT_EQ(map->update_elem(&key, value.data(), 0, key % 3), 0);
                const auto address = reinterpret_cast<std::uintptr_t>(at<char>(*map, key, key % 3));
                ASSERT_GE(address, region.begin);
                ASSERT_LE(address + size, region.end());
                ASSERT_EQ((address - region.begin) % region.stride, 0U);
            }
        }
}

struct Types {
    BtfBuilder builder;
    BtfBuilder::Id u32 = builder.int_("u32", 4);
    BtfBuilder::Id lock = builder.struct_("bpf_spin_lock", 4, {{"val", u32, 0}});
};

std::optional<std::uint32_t> offset_in(const Types& types, BtfBuilder::Id id) {
    const auto offset = map_value_spin_lock_offset(*types.builder.build(), id);
    if (!offset) ADD_FAILURE() << offset.error().message;
    return offset.value_or(std::nullopt);
}

TEST(maps_value_fields, spin_lock_is_found_by_its_type) {
    Types t;
    const auto lock = t.builder.typedef_("lock_t", t.lock);
    const auto value = t.builder.struct_("value", 8, {{"n", t.u32, 0}, {"l", lock, 32}});
    EXPECT_EQ(offset_in(t, value), 4U);
    EXPECT_EQ(offset_in(t, t.u32), std::nullopt);
}

TEST(maps_value_fields, spin_lock_is_found_in_nested_structs_and_sections) {
    Types t;
    const auto inner = t.builder.struct_("inner", 8, {{"n", t.u32, 0}, {"l", t.lock, 32}});
    const auto value = t.builder.struct_("value", 16, {{"n", t.u32, 0}, {"i", inner, 64}});
    const auto variable = t.builder.var("v", value);
    const auto section = t.builder.datasec(".data", 32, {{variable, 16, 16}});
    EXPECT_EQ(offset_in(t, value), 12U);
    EXPECT_EQ(offset_in(t, section), 28U);
}

TEST(maps_value_fields, unions_hold_no_spin_lock) {
    Types t;
    EXPECT_EQ(offset_in(t, t.builder.union_("value", 4, {{"l", t.lock, 0}})), std::nullopt);
}

TEST(maps_value_fields, two_spin_locks_are_too_many) {
    Types t;
    const auto two = t.builder.struct_("two", 8, {{"a", t.lock, 0}, {"b", t.lock, 32}});
    const auto many = t.builder.array(t.lock, t.u32, 2);
    const auto one = t.builder.array(t.lock, t.u32, 1);
    const auto btf = t.builder.build();
    EXPECT_EQ(map_value_spin_lock_offset(*btf, two).error().code, E2BIG);
    EXPECT_EQ(map_value_spin_lock_offset(*btf, many).error().code, E2BIG);
    EXPECT_EQ(map_value_spin_lock_offset(*btf, one), 0U);
}

TEST(maps_value_fields, doubling_types_take_no_time) {
    Types t;
    auto type = t.u32;
    std::uint32_t size = 4;
    for (int level = 0; level < 28; ++level, size *= 2)
        type = t.builder.struct_("s", size * 2, {{"a", type, 0}, {"b", type, 0}});
    EXPECT_EQ(offset_in(t, type), std::nullopt);
}

}  // namespace
}  // namespace bpftwin::test
