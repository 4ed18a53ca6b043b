// Creation: the rules of BPF_MAP_CREATE and the table of map types.
#include <set>

#include "helpers/maps/slab.h"
#include "tests/helpers/maps_support.h"

namespace bpftwin::test {
namespace {

int refused(const MapSpec& spec, const ValueFields& fields = {}) {
    const auto map = Map::create(spec, 2, fields);
    return map ? 0 : map.error().code;
}

TEST(maps_table, has_every_type_under_the_kernels_name) {
    std::set<std::string_view> names;
    for (const MapTypeInfo& info : map_type_table()) {
        EXPECT_EQ(info.name, name_of(info.type));
        EXPECT_EQ(map_type_info(info.type), &info);
        EXPECT_FALSE(info.summary.empty());
        names.insert(info.name);
    }
    EXPECT_EQ(names.size(), map_type_table().size());
    EXPECT_EQ(map_type_table().back().type, MapType::arena);
    EXPECT_EQ(map_type_info(MapType::unspec), nullptr);
    EXPECT_EQ(map_type_info(static_cast<MapType>(34)), nullptr);
}

TEST(maps_table, rules_read_well) {
    EXPECT_EQ(map_type_info(MapType::array)->keys.text(), "4");
    EXPECT_EQ(map_type_info(MapType::hash)->keys.text(), "at least 1");
    EXPECT_EQ(map_type_info(MapType::devmap)->values.text(), "4 or 8");
    EXPECT_EQ(map_type_info(MapType::stack_trace)->values.text(), "8 to 4064 in steps of 8");
    EXPECT_EQ(map_flags_text(map_flag::no_prealloc | map_flag::rdonly_prog),
              "no_prealloc | rdonly_prog");
    EXPECT_EQ(map_flags_text(0), "0");
    EXPECT_EQ(map_flags_text(1U << 30), "0x40000000");
}

TEST(maps_create, gives_a_map_of_every_implemented_type) {
    for (const MapTypeInfo& info : map_type_table()) {
        MapSpec spec = map_spec(info.type, info.keys.min, info.values.min,
                                info.entries == EntryRule::pages ? page_size() : 1);
        if (info.type == MapType::lpm_trie) spec.map_flags = map_flag::no_prealloc;
        if (info.type == MapType::arena) spec.map_flags = map_flag::mmapable;
        spec.inner = std::make_shared<MapSpec>(map_spec(MapType::array, 4, 4, 1));
        const auto map = Map::create(spec, 2);
        if (info.entries == EntryRule::none || !info.implemented()) {
            EXPECT_FALSE(map) << info.name;
        } else {
            ASSERT_TRUE(map) << info.name << ": " << map.error().message;
            EXPECT_EQ((*map)->is_per_cpu(), info.per_cpu) << info.name;
        }
    }
}

TEST(maps_create, says_what_is_not_implemented) {
    const auto map = Map::create(map_spec(MapType::struct_ops, 4, 8, 1), 1);
    ASSERT_FALSE(map);
    EXPECT_EQ(map.error().message, "map m: map type struct_ops is not implemented in user space");
    EXPECT_EQ(map.error().code, EOPNOTSUPP);
}

TEST(maps_create, names_the_attribute_at_fault) {
    const auto map = Map::create(map_spec(MapType::array, 8, 4, 1), 1);
    ASSERT_FALSE(map);
    EXPECT_EQ(map.error().message, "map m: key_size is 8; for type array it must be 4");
    EXPECT_EQ(map.error().code, EINVAL);
}

TEST(maps_create, refuses_types_that_do_not_exist) {
    EXPECT_EQ(refused(map_spec(MapType::unspec, 4, 4, 1)), EINVAL);
    EXPECT_EQ(refused(map_spec(static_cast<MapType>(1000), 4, 4, 1)), EINVAL);
}

TEST(maps_create, lru_without_preallocation_is_not_supported) {
    EXPECT_EQ(refused(map_spec(MapType::lru_hash, 4, 4, 1, map_flag::no_prealloc)), enotsupp);
}

TEST(maps_create, huge_maps_fail_cleanly) {
    EXPECT_EQ(refused(map_spec(MapType::array, 4, 1U << 31, 1)), E2BIG);
    EXPECT_EQ(refused(map_spec(MapType::hash, 4, 4, (1U << 27) + 1)), E2BIG);
    EXPECT_EQ(refused(map_spec(MapType::percpu_array, 4, 32769, 1)), E2BIG);
    const auto map = Map::create(map_spec(MapType::array, 4, 1U << 30, ~0U), 1);
    ASSERT_FALSE(map);
    EXPECT_EQ(map.error().code, ENOMEM);
    EXPECT_TRUE(map.error().message.starts_with("map m: 4294967295 elements of "));
    EXPECT_TRUE(map.error().message.ends_with(" exceed the 16 GiB a map may have"));
}

TEST(maps_create, large_maps_cost_nothing_until_used) {
    const auto map = make_map(map_spec(MapType::array, 4, 4096, 1'000'000));
    EXPECT_EQ(put(*map, 999'999U, std::array<char, 4096>{'x'}), 0);
    EXPECT_EQ(*at<char>(*map, 999'999U), 'x');
}

TEST(maps_create, cpu_count_must_be_plausible) {
    EXPECT_FALSE(Map::create(map_spec(MapType::array, 4, 4, 1), 0));
    EXPECT_FALSE(Map::create(map_spec(MapType::array, 4, 4, 1), 1U << 31));
}

TEST(maps_create, spin_locks_only_where_the_kernel_allows_them) {
    const ValueFields fields{.spin_lock = 4};
    EXPECT_EQ(refused(map_spec(MapType::array, 4, 8, 1), fields), 0);
    EXPECT_EQ(refused(map_spec(MapType::hash, 4, 8, 1), fields), 0);
    EXPECT_EQ(refused(map_spec(MapType::lru_hash, 4, 8, 1), fields), EOPNOTSUPP);
    EXPECT_EQ(refused(map_spec(MapType::percpu_array, 4, 8, 1), fields), EOPNOTSUPP);
    EXPECT_EQ(refused(map_spec(MapType::array, 4, 8, 1, map_flag::rdonly_prog), fields), EACCES);
    EXPECT_EQ(refused(map_spec(MapType::array, 4, 7, 1), fields), EINVAL);
}

TEST(maps_create, map_of_maps_needs_a_definition_of_the_inner_maps) {
    MapSpec outer = map_spec(MapType::array_of_maps, 4, 4, 1);
    EXPECT_EQ(refused(outer), EBADF);
    outer.inner = std::make_shared<MapSpec>(outer);
    EXPECT_EQ(refused(outer), EINVAL);
    outer.inner = std::make_shared<MapSpec>(map_spec(MapType::prog_array, 4, 4, 1));
    EXPECT_EQ(refused(outer), enotsupp);
}

TEST(maps_libbpf_defaults, size_what_the_source_leaves_open) {
    EXPECT_EQ(with_libbpf_defaults(map_spec(MapType::perf_event_array, 4, 4, 0), 6).max_entries,
              6U);
    EXPECT_EQ(with_libbpf_defaults(map_spec(MapType::perf_event_array, 4, 4, 2), 6).max_entries,
              2U);
    const auto ring = [](std::uint32_t size) {
        return with_libbpf_defaults(map_spec(MapType::ringbuf, 0, 0, size), 6).max_entries;
    };
    EXPECT_EQ(ring(1), page_size());
    EXPECT_EQ(ring(3 * page_size()), 4 * page_size());
    EXPECT_EQ(ring(0), 0U);
    EXPECT_EQ(ring(~0U), ~0U);
}

}  // namespace
}  // namespace bpftwin::test
