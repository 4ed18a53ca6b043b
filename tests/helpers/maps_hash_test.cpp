// hash and percpu_hash: kernel/bpf/hashtab.c.
#include <set>

#include "tests/helpers/maps_support.h"

namespace bpftwin::test {
namespace {

MapSpec hash(std::uint32_t entries, std::uint32_t flags = 0) {
    return map_spec(MapType::hash, 4, 4, entries, flags);
}
MapSpec percpu_hash(std::uint32_t entries) { return map_spec(MapType::percpu_hash, 4, 4, entries); }

TEST(maps_hash, update_flags_ask_for_presence) {
    const auto map = make_map(hash(4));
    EXPECT_EQ(put(*map, 1U, 1U, update_flag::exist), -ENOENT);
    EXPECT_EQ(put(*map, 1U, 1U, update_flag::noexist), 0);
    EXPECT_EQ(put(*map, 1U, 2U, update_flag::noexist), -EEXIST);
    EXPECT_EQ(put(*map, 1U, 3U, update_flag::exist), 0);
    EXPECT_EQ(put(*map, 1U, 4U, 3), -EINVAL);
    EXPECT_EQ(put(*map, 1U, 4U, update_flag::lock), -EINVAL);
    EXPECT_EQ(*at<std::uint32_t>(*map, 1U), 3U);
}

TEST(maps_hash, full_map_takes_updates_but_no_new_keys) {
    for (const std::uint32_t flags : {0U, map_flag::no_prealloc}) {
        const auto map = make_map(hash(3, flags));
        for (std::uint32_t key = 0; key < 3; ++key) EXPECT_EQ(put(*map, key, key), 0);
        EXPECT_EQ(put(*map, 3U, 0U), -E2BIG);
        EXPECT_EQ(put(*map, 2U, 7U), 0);
        EXPECT_EQ(put(*map, 2U, 8U), 0);
        EXPECT_EQ(drop(*map, 0U), 0);
        EXPECT_EQ(put(*map, 3U, 0U), 0);
        EXPECT_EQ(put(*map, 4U, 0U), -E2BIG);
    }
}

TEST(maps_hash, update_replaces_the_element_and_the_next_one_returns_to_it) {
    const auto map = make_map(hash(4));
    put(*map, 1U, 10U);
    const auto* old = at<std::uint32_t>(*map, 1U);
    put(*map, 1U, 20U);
    EXPECT_NE(at<std::uint32_t>(*map, 1U), old);
    EXPECT_EQ(*old, 10U);
    put(*map, 1U, 30U);
    EXPECT_EQ(at<std::uint32_t>(*map, 1U), old);
    EXPECT_EQ(*old, 30U);
}

TEST(maps_hash, deleted_value_stays_readable_until_the_element_is_used_again) {
    const auto map = make_map(hash(4));
    put(*map, 1U, 10U);
    const auto* value = at<std::uint32_t>(*map, 1U);
    EXPECT_EQ(drop(*map, 1U), 0);
    EXPECT_EQ(drop(*map, 1U), -ENOENT);
    EXPECT_EQ(at<std::uint32_t>(*map, 1U), nullptr);
    EXPECT_EQ(*value, 10U);
    put(*map, 2U, 11U);
    EXPECT_EQ(at<std::uint32_t>(*map, 2U), value);
}

TEST(maps_hash, iteration_visits_every_key_once) {
    const auto map = make_map(hash(1000));
    for (std::uint32_t key = 0; key < 1000; ++key) put(*map, key * 7919, key);
    std::set<std::uint32_t> seen;
    std::uint32_t key;
    long result = map->next_key(nullptr, &key);
    for (; result == 0; result = map->next_key(&key, &key)) EXPECT_TRUE(seen.insert(key).second);
    EXPECT_EQ(result, -ENOENT);
    EXPECT_EQ(seen.size(), 1000U);
}

TEST(maps_hash, next_of_an_absent_key_is_the_first) {
    const auto map = make_map(hash(8));
    const std::uint32_t absent = 77;
    std::uint32_t first;
    std::uint32_t key;
    EXPECT_EQ(map->next_key(&absent, &key), -ENOENT);
    for (std::uint32_t i = 0; i < 8; ++i) put(*map, i, i);
    EXPECT_EQ(map->next_key(nullptr, &first), 0);
    EXPECT_EQ(map->next_key(&absent, &key), 0);
    EXPECT_EQ(key, first);
}

TEST(maps_hash, for_each_survives_deletion_of_the_visited_element) {
    const auto map = make_map(hash(100));
    for (std::uint32_t i = 0; i < 100; ++i) put(*map, i, i);
    std::set<std::uint32_t> seen;
    const auto take = [&](const void* key, void* value) {
        std::uint32_t number;
        std::memcpy(&number, key, sizeof number);
        EXPECT_EQ(*static_cast<std::uint32_t*>(value), number);
        seen.insert(number);
        EXPECT_EQ(drop(*map, number), 0);
        return false;
    };
    EXPECT_EQ(map->for_each(0, take), 100);
    EXPECT_EQ(seen.size(), 100U);
    EXPECT_TRUE(map->entries()->empty());
}

TEST(maps_hash, for_each_stops_when_told) {
    const auto map = make_map(hash(10));
    for (std::uint32_t i = 0; i < 10; ++i) put(*map, i, i);
    int left = 4;
    EXPECT_EQ(map->for_each(0, [&](const void*, void*) { return --left == 0; }), 4);
}

TEST(maps_hash, keys_of_every_size_are_compared_whole) {
    for (std::uint32_t size = 1; size <= 40; ++size) {
        const auto map = make_map(map_spec(MapType::hash, size, 4, 2 * size));
        Bytes key(size);
        for (std::uint32_t i = 0; i < size; ++i) {
            key[i] = std::byte{1};
            EXPECT_TRUE(map->update(key, {bytes_of(i)}, update_flag::noexist));
        }
        std::fill(key.begin(), key.end(), std::byte{0});
        EXPECT_EQ(code(map->lookup(key)), -ENOENT);
        for (std::uint32_t i = 0; i < size; ++i) {
            key[i] = std::byte{1};
            EXPECT_EQ(map->lookup(key)->front(), bytes_of(i)) << size;
        }
        EXPECT_EQ(map->entries()->size(), size);
    }
}

TEST(maps_hash, per_cpu_update_keeps_the_element_and_other_cpus) {
    const auto map = make_map(percpu_hash(4), 2);
    put(*map, 1U, 10U, 0, 0);
    auto* value = at<std::uint32_t>(*map, 1U, 1);
    EXPECT_EQ(*value, 0U);
    put(*map, 1U, 11U, 0, 1);
    EXPECT_EQ(at<std::uint32_t>(*map, 1U, 1), value);
    EXPECT_EQ(*map->lookup(bytes_of(1U)), (std::vector{bytes_of(10U), bytes_of(11U)}));
}

TEST(maps_hash, new_per_cpu_element_is_zero_on_other_cpus_even_when_reused) {
    const auto map = make_map(percpu_hash(1), 3);
    EXPECT_EQ(user_put(*map, 1U, 5U), 0);
    EXPECT_EQ(drop(*map, 1U), 0);
    EXPECT_EQ(put(*map, 2U, 6U, 0, 1), 0);
    EXPECT_EQ(*map->lookup(bytes_of(2U)), (std::vector{bytes_of(0U), bytes_of(6U), bytes_of(0U)}));
}

TEST(maps_hash, per_cpu_lookup_on_a_missing_cpu_gives_null) {
    const auto map = make_map(percpu_hash(1), 2);
    put(*map, 1U, 1U);
    EXPECT_EQ(at<std::uint32_t>(*map, 1U, 2), nullptr);
    EXPECT_EQ(put(*map, 1U, 1U, 0, 2), -EINVAL);
    EXPECT_EQ(map->for_each(2, [](const void*, void*) { return false; }), -EINVAL);
}

struct Locked {
    std::uint32_t lock;
    std::uint32_t value;
};

TEST(maps_hash, locked_update_stays_in_place) {
    const auto map = make_map(map_spec(MapType::hash, 4, sizeof(Locked), 4), 1,
                              {.spin_lock = offsetof(Locked, lock)});
    EXPECT_EQ(put(*map, 1U, Locked{7, 1}, update_flag::lock), 0);
    auto* value = at<Locked>(*map, 1U);
    EXPECT_EQ(value->lock, 0U);
    EXPECT_EQ(put(*map, 1U, Locked{7, 2}, update_flag::lock), 0);
    EXPECT_EQ(at<Locked>(*map, 1U), value);
    EXPECT_EQ(value->value, 2U);
    EXPECT_EQ(put(*map, 1U, Locked{7, 3}, update_flag::lock | update_flag::noexist), -EEXIST);
    EXPECT_EQ(put(*map, 2U, Locked{7, 3}, update_flag::lock | update_flag::exist), -ENOENT);
    value->lock = 1;
    EXPECT_EQ(put(*map, 1U, Locked{0, 4}, update_flag::lock), -ETIMEDOUT);
    EXPECT_EQ(user_put(*map, 1U, Locked{9, 5}), 0);
    EXPECT_EQ(at<Locked>(*map, 1U)->lock, 0U);
}

}  // namespace
}  // namespace bpftwin::test
