// cgroup_storage: values of programs in cgroups, as programs and user space see them.
#include "helpers/maps/cgroup_storage.h"

#include "tests/helpers/maps_support.h"

namespace bpftwin::test {
namespace {

/// struct bpf_cgroup_storage_key.
struct Key {
    std::uint64_t cgroup;
    std::uint32_t attach_type;
    std::uint32_t padding = 0;
};

std::unique_ptr<CgroupStorage> storage(std::uint32_t key_size) {
    return make<CgroupStorage>(map_spec(MapType::cgroup_storage, key_size, 8, 0));
}

TEST(maps_cgroup_storage, a_value_is_there_once_a_program_asked_for_it) {
    const auto map = storage(sizeof(Key));
    const Bytes key = bytes_of(Key{20, 1});
    EXPECT_EQ(map->lookup(key).error().code, ENOENT);
    EXPECT_EQ(map->update(key, {bytes_of(std::uint64_t{5})}, 0).error().code, ENOENT);
    auto* value = static_cast<std::uint64_t*>(map->value_of(20, 1, 0));
    ASSERT_NE(value, nullptr);
    EXPECT_EQ(*value, 0U);
    ASSERT_TRUE(map->update(key, {bytes_of(std::uint64_t{5})}, 0));
    EXPECT_EQ(*value, 5U);
    EXPECT_EQ(map->value_of(20, 1, 0), value);
    EXPECT_EQ(map->update(key, {bytes_of(std::uint64_t{5})}, update_flag::noexist).error().code,
              EINVAL);
    EXPECT_EQ(map->erase(key).error().code, EINVAL);
}

TEST(maps_cgroup_storage, keys_of_a_cgroup_alone_share_a_value_among_attach_types) {
    EXPECT_EQ(storage(8)->entries()->size(), 0U);
    const auto shared = storage(8);
    EXPECT_EQ(shared->value_of(20, 1, 0), shared->value_of(20, 2, 0));
    const auto apart = storage(sizeof(Key));
    EXPECT_NE(apart->value_of(20, 1, 0), apart->value_of(20, 2, 0));
}

TEST(maps_cgroup_storage, iteration_begins_with_the_newest) {
    const auto map = storage(sizeof(Key));
    for (const std::uint64_t cgroup : {7, 3, 5}) map->value_of(cgroup, 0, 0);
    std::vector<std::uint64_t> order;
    const auto entries = map->entries();
    for (const MapEntry& entry : *entries) order.push_back(value_of<Key>(entry.key).cgroup);
    EXPECT_EQ(order, (std::vector<std::uint64_t>{5, 3, 7}));
    EXPECT_EQ(map->key_after(bytes_of(Key{9, 0})).error().code, ENOENT);
}

TEST(maps_cgroup_storage, each_cpu_has_its_value) {
    const auto map = make<CgroupStorage>(map_spec(MapType::percpu_cgroup_storage, 8, 8, 0));
    *static_cast<std::uint64_t*>(map->value_of(1, 0, 0)) = 10;
    *static_cast<std::uint64_t*>(map->value_of(1, 0, 1)) = 11;
    EXPECT_EQ(map->value_of(1, 0, 2), nullptr);
    const auto values = map->lookup(bytes_of(std::uint64_t{1}));
    ASSERT_EQ(values->size(), 2U);
    EXPECT_EQ(value_of<std::uint64_t>(values->at(0)), 10U);
    EXPECT_EQ(value_of<std::uint64_t>(values->at(1)), 11U);
}

TEST(maps_cgroup_storage, there_is_room_for_a_bounded_number_of_places) {
    const auto map = storage(8);
    for (std::uint64_t cgroup = 0; cgroup < CgroupStorage::most_places; ++cgroup)
        ASSERT_NE(map->value_of(cgroup, 0, 0), nullptr);
    EXPECT_EQ(map->value_of(CgroupStorage::most_places, 0, 0), nullptr);
}

}  // namespace
}  // namespace bpftwin::test
