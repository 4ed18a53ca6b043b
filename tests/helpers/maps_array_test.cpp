// array and percpu_array: kernel/bpf/arraymap.c.
#include "helpers/maps/array_map.h"

#include "tests/helpers/maps_support.h"

namespace bpftwin::test {
namespace {

MapSpec array(std::uint32_t value_size, std::uint32_t entries, std::uint32_t flags = 0) {
    return map_spec(MapType::array, 4, value_size, entries, flags);
}

TEST(maps_array, every_index_exists_and_is_zero) {
    const auto map = make_map(array(8, 3));
    for (std::uint32_t i = 0; i < 3; ++i) EXPECT_EQ(*at<std::uint64_t>(*map, i), 0U);
    EXPECT_EQ(at<std::uint64_t>(*map, 3U), nullptr);
    EXPECT_EQ(at<std::uint64_t>(*map, ~0U), nullptr);
}

TEST(maps_array, update_writes_in_place) {
    const auto map = make_map(array(4, 2));
    auto* value = at<std::uint32_t>(*map, 1U);
    EXPECT_EQ(put(*map, 1U, 7U), 0);
    EXPECT_EQ(*value, 7U);
    EXPECT_EQ(at<std::uint32_t>(*map, 1U), value);
}

TEST(maps_array, update_refuses_as_the_kernel_does) {
    const auto map = make_map(array(4, 2));
    EXPECT_EQ(put(*map, 2U, 0U), -E2BIG);
    EXPECT_EQ(put(*map, 0U, 0U, update_flag::noexist), -EEXIST);
    EXPECT_EQ(put(*map, 0U, 0U, update_flag::exist), 0);
    EXPECT_EQ(put(*map, 0U, 0U, 3), -EINVAL);
    EXPECT_EQ(put(*map, 5U, 0U, 8), -EINVAL);
    EXPECT_EQ(put(*map, 5U, 0U, update_flag::noexist), -E2BIG);
    EXPECT_EQ(put(*map, 0U, 0U, update_flag::lock), -EINVAL);
    EXPECT_EQ(put(*map, 0U, 0U, update_flag::lock | update_flag::noexist), -EEXIST);
}

TEST(maps_array, elements_cannot_be_deleted) {
    const auto map = make_map(array(4, 2));
    EXPECT_EQ(drop(*map, 0U), -EINVAL);
    EXPECT_EQ(user_drop(*map, 0U), -EINVAL);
}

TEST(maps_array, keys_run_from_0_to_the_last_and_restart_after_a_foreign_key) {
    const auto map = make_map(array(4, 2));
    std::uint32_t next = 9;
    EXPECT_EQ(map->next_key(nullptr, &next), 0);
    EXPECT_EQ(next, 0U);
    EXPECT_EQ(map->next_key(&next, &next), 0);
    EXPECT_EQ(next, 1U);
    EXPECT_EQ(map->next_key(&next, &next), -ENOENT);
    const std::uint32_t foreign = 2;
    EXPECT_EQ(map->next_key(&foreign, &next), 0);
    EXPECT_EQ(next, 0U);
}

TEST(maps_array, region_admits_values_but_not_their_padding) {
    const auto map = make_map(array(12, 3));
    const auto regions = map->regions();
    ASSERT_EQ(regions.size(), 1U);
    EXPECT_EQ(regions[0].begin, reinterpret_cast<std::uintptr_t>(at<char>(*map, 0U)));
    EXPECT_GT(regions[0].stride, 12U);
    EXPECT_EQ(regions[0].stride % 8, 0U);
    EXPECT_EQ(regions[0].size, 3 * regions[0].stride);
    EXPECT_EQ(regions[0].element, 12U);
    EXPECT_EQ(regions[0].name, "values of map m");
    EXPECT_TRUE(regions[0].writable);
    EXPECT_FALSE(make_map(array(4, 1, map_flag::rdonly_prog))->regions()[0].writable);
}

TEST(maps_array, per_cpu_values_are_separate) {
    const auto map = make_map(map_spec(MapType::percpu_array, 4, 4, 2), 3);
    EXPECT_EQ(put(*map, 1U, 10U, 0, 0), 0);
    EXPECT_EQ(put(*map, 1U, 12U, 0, 2), 0);
    EXPECT_EQ(*at<std::uint32_t>(*map, 1U, 0), 10U);
    EXPECT_EQ(*at<std::uint32_t>(*map, 1U, 1), 0U);
    EXPECT_EQ(*at<std::uint32_t>(*map, 1U, 2), 12U);
    EXPECT_EQ(at<std::uint32_t>(*map, 1U, 3), nullptr);
    const auto values = map->lookup(bytes_of(1U));
    ASSERT_TRUE(values);
    EXPECT_EQ(*values, (std::vector{bytes_of(10U), bytes_of(0U), bytes_of(12U)}));
}

TEST(maps_array, user_space_sets_one_value_per_cpu_or_one_for_all) {
    const auto map = make_map(map_spec(MapType::percpu_array, 4, 4, 1), 2);
    EXPECT_EQ(code(map->update(bytes_of(0U), {bytes_of(1U), bytes_of(2U)}, 0)), 0);
    EXPECT_EQ(*at<std::uint32_t>(*map, 0U, 1), 2U);
    EXPECT_EQ(user_put(*map, 0U, 5U), 0);
    EXPECT_EQ(*at<std::uint32_t>(*map, 0U, 0), 5U);
    EXPECT_EQ(*at<std::uint32_t>(*map, 0U, 1), 5U);
    EXPECT_EQ(code(map->update(bytes_of(0U), {bytes_of(1U), bytes_of(2U), bytes_of(3U)}, 0)),
              -EINVAL);
}

TEST(maps_array, user_space_gets_clear_errors) {
    const auto map = make_map(array(4, 2));
    EXPECT_EQ(map->lookup(bytes_of(2U)).error().message, "map m: lookup: no such key");
    EXPECT_EQ(map->lookup(bytes_of('x')).error().message,
              "map m: lookup: the key has 1 bytes, the map's keys have 4");
    EXPECT_EQ(map->update(bytes_of(0U), {bytes_of('x')}, 0).error().message,
              "map m: update: the value has 1 bytes, the map's values have 4");
    EXPECT_EQ(map->update(bytes_of(0U), {}, 0).error().code, EINVAL);
}

TEST(maps_array, frozen_map_refuses_user_space_but_not_programs) {
    const auto map = make_map(array(4, 1));
    EXPECT_EQ(code(map->freeze()), 0);
    EXPECT_EQ(code(map->freeze()), -EBUSY);
    EXPECT_EQ(user_put(*map, 0U, 1U), -EPERM);
    EXPECT_EQ(user_drop(*map, 0U), -EPERM);
    EXPECT_EQ(put(*map, 0U, 1U), 0);
    EXPECT_TRUE(map->lookup(bytes_of(0U)));
}

TEST(maps_array, access_flags_bind_user_space) {
    EXPECT_EQ(user_put(*make_map(array(4, 1, map_flag::rdonly)), 0U, 1U), -EPERM);
    const auto write_only = make_map(array(4, 1, map_flag::wronly));
    EXPECT_EQ(user_put(*write_only, 0U, 1U), 0);
    EXPECT_EQ(code(write_only->lookup(bytes_of(0U))), -EPERM);
    EXPECT_EQ(code(write_only->entries()), -EPERM);
}

TEST(maps_array, entries_lists_all_in_order) {
    const auto map = make_map(array(4, 2));
    put(*map, 1U, 9U);
    const auto entries = map->entries();
    ASSERT_TRUE(entries);
    EXPECT_EQ(*entries, (std::vector<MapEntry>{{bytes_of(0U), {bytes_of(0U)}},
                                               {bytes_of(1U), {bytes_of(9U)}}}));
}

TEST(maps_array, for_each_visits_until_told_to_stop) {
    const auto map = make_map(array(4, 5));
    EXPECT_EQ(map->for_each(0, [](const void*, void*) { return false; }), 5);
    std::uint32_t last = 0;
    const auto stop_at_2 = [&](const void* key, void*) {
        std::memcpy(&last, key, sizeof last);
        return last == 2;
    };
    EXPECT_EQ(map->for_each(0, stop_at_2), 3);
}

struct Locked {
    std::uint32_t before;
    std::uint32_t lock;
    std::uint64_t after;
};
const ValueFields locked_fields{.spin_lock = offsetof(Locked, lock)};

TEST(maps_array, update_leaves_the_spin_lock_alone) {
    const auto map = make_map(array(sizeof(Locked), 1), 1, locked_fields);
    auto* value = at<Locked>(*map, 0U);
    value->lock = 1;
    EXPECT_EQ(put(*map, 0U, Locked{2, 99, 3}), 0);
    EXPECT_EQ(value->before, 2U);
    EXPECT_EQ(value->lock, 1U);
    EXPECT_EQ(value->after, 3U);
}

TEST(maps_array, lookup_shows_user_space_no_spin_lock) {
    const auto map = make_map(array(sizeof(Locked), 1), 1, locked_fields);
    at<Locked>(*map, 0U)->lock = 1;
    const auto read = value_of<Locked>(map->lookup(bytes_of(0U))->front());
    EXPECT_EQ(read.lock, 0U);
}

TEST(maps_array, locked_update_takes_and_releases_the_lock) {
    const auto map = make_map(array(sizeof(Locked), 1), 1, locked_fields);
    EXPECT_EQ(put(*map, 0U, Locked{1, 0, 2}, update_flag::lock), 0);
    EXPECT_EQ(at<Locked>(*map, 0U)->after, 2U);
    EXPECT_EQ(at<Locked>(*map, 0U)->lock, 0U);
}

TEST(maps_array, locked_update_gives_up_on_a_lock_nobody_releases) {
    const auto map = make_map(array(sizeof(Locked), 1), 1, locked_fields);
    at<Locked>(*map, 0U)->lock = 1;
    EXPECT_EQ(put(*map, 0U, Locked{1, 0, 2}, update_flag::lock), -ETIMEDOUT);
    EXPECT_EQ(at<Locked>(*map, 0U)->after, 0U);
}

TEST(maps_array, map_with_a_spin_lock_cannot_be_frozen) {
    EXPECT_EQ(code(make_map(array(sizeof(Locked), 1), 1, locked_fields)->freeze()), -enotsupp);
}

TEST(maps_array, engines_can_compute_addresses) {
    const auto map = make<ArrayMap>(array(12, 4));
    EXPECT_EQ(map->values() + 3 * map->stride(), at<std::byte>(*map, 3U));
    EXPECT_EQ(map->cpu_stride(), 0U);
    const auto per_cpu = make<ArrayMap>(map_spec(MapType::percpu_array, 4, 8, 4), 2);
    EXPECT_EQ(per_cpu->values() + per_cpu->cpu_stride() + 2 * per_cpu->stride(),
              at<std::byte>(*per_cpu, 2U, 1));
}

TEST(maps_array, every_value_size_is_copied_exactly) {
    for (std::uint32_t size = 1; size <= 40; ++size) {
        const auto map = make_map(array(size, 2));
        Bytes value(size);
        for (std::uint32_t i = 0; i < size; ++i) value[i] = static_cast<std::byte>(i + 1);
        ASSERT_TRUE(map->update(bytes_of(1U), {value}, 0));
        EXPECT_EQ(map->lookup(bytes_of(1U))->front(), value);
        const auto round = round_up_8(size);
        const auto* memory = at<std::byte>(*map, 1U);
        for (std::uint64_t i = size; i < round; ++i) EXPECT_EQ(memory[i], std::byte{0});
        EXPECT_EQ(map->lookup(bytes_of(0U))->front(), Bytes(size));
    }
}

}  // namespace
}  // namespace bpftwin::test
