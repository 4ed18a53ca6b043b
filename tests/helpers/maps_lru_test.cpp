// lru_hash and lru_percpu_hash: kernel/bpf/bpf_lru_list.c. The figures are the kernel's for one CPU
// filling the map; maps_kernel_test.cpp compares long sequences.
#include "tests/helpers/maps_support.h"

namespace bpftwin::test {
namespace {

MapSpec lru(std::uint32_t entries, std::uint32_t flags = 0) {
    return map_spec(MapType::lru_hash, 4, 4, entries, flags);
}

TEST(maps_lru, full_map_takes_new_keys) {
    const auto map = make_map(lru(4), 1);
    for (std::uint32_t key = 0; key < 100; ++key) {
        EXPECT_EQ(put(*map, key, key), 0);
        EXPECT_EQ(*at<std::uint32_t>(*map, key), key);
    }
    EXPECT_LE(map->entries()->size(), 4U);
}

TEST(maps_lru, full_map_evicts_a_batch_of_half_a_cpus_share) {
    const auto map = make_map(lru(100), 2);
    for (std::uint32_t key = 0; key < 100; ++key) put(*map, key, key);
    EXPECT_EQ(map->entries()->size(), 100U);
    put(*map, 100U, 0U);
    EXPECT_EQ(map->entries()->size(), 76U);
    const std::uint32_t oldest = 0;
    const std::uint32_t younger = 25;
    EXPECT_EQ(code(map->lookup(bytes_of(oldest))), -ENOENT);
    EXPECT_EQ(code(map->lookup(bytes_of(younger))), 0);
}

TEST(maps_lru, keys_that_programs_look_up_survive) {
    const auto map = make_map(lru(8), 1);
    for (std::uint32_t key = 0; key < 8; ++key) put(*map, key, key);
    for (std::uint32_t key = 8; key < 200; ++key) {
        at<std::uint32_t>(*map, 3U);
        put(*map, key, key);
    }
    EXPECT_NE(at<std::uint32_t>(*map, 3U), nullptr);
}

TEST(maps_lru, lookups_of_user_space_do_not_count) {
    const auto map = make_map(lru(8), 1);
    for (std::uint32_t key = 0; key < 8; ++key) put(*map, key, key);
    for (std::uint32_t key = 8; key < 200; ++key) {
        (void)map->lookup(bytes_of(3U));
        put(*map, key, key);
    }
    EXPECT_EQ(at<std::uint32_t>(*map, 3U), nullptr);
}

TEST(maps_lru, update_of_a_present_key_can_evict_others) {
    const auto map = make_map(lru(4, map_flag::no_common_lru), 1);
    for (std::uint32_t key = 0; key < 4; ++key) put(*map, key, key);
    EXPECT_EQ(put(*map, 3U, 33U), 0);
    EXPECT_LT(map->entries()->size(), 4U);
}

TEST(maps_lru, lists_per_cpu_round_the_size_up) {
    EXPECT_EQ(make_map(lru(5, map_flag::no_common_lru), 4)->spec().max_entries, 8U);
    EXPECT_EQ(make_map(lru(5), 4)->spec().max_entries, 5U);
}

TEST(maps_lru, each_cpu_fills_its_own_share) {
    const auto map = make_map(lru(8, map_flag::no_common_lru), 2);
    for (std::uint32_t key = 0; key < 50; ++key) put(*map, key, key, 0, 0);
    EXPECT_LE(map->entries()->size(), 4U);
    for (std::uint32_t key = 100; key < 104; ++key) put(*map, key, key, 0, 1);
    for (std::uint32_t key = 100; key < 104; ++key)
        EXPECT_NE(at<std::uint32_t>(*map, key), nullptr);
}

TEST(maps_lru, a_cpu_takes_from_others_when_nothing_is_left) {
    const auto map = make_map(lru(2), 2);
    for (std::uint32_t key = 0; key < 40; ++key) EXPECT_EQ(put(*map, key, key, 0, key % 2), 0);
    EXPECT_EQ(put(*map, 99U, 1U, 0, 1), 0);
    EXPECT_EQ(*at<std::uint32_t>(*map, 99U), 1U);
}

TEST(maps_lru, flags_are_checked) {
    for (const MapType type : {MapType::lru_hash, MapType::lru_percpu_hash}) {
        const auto map = make_map(map_spec(type, 4, 4, 8));
        EXPECT_EQ(put(*map, 1U, 1U, update_flag::lock), -EINVAL);
        EXPECT_EQ(put(*map, 1U, 1U, update_flag::exist), -ENOENT);
        EXPECT_EQ(put(*map, 1U, 1U, update_flag::noexist), 0);
        EXPECT_EQ(put(*map, 1U, 1U, update_flag::noexist), -EEXIST);
        EXPECT_EQ(drop(*map, 1U), 0);
        EXPECT_EQ(drop(*map, 1U), -ENOENT);
    }
}

TEST(maps_lru, per_cpu_values_are_separate_and_new_ones_zero) {
    const auto map = make_map(map_spec(MapType::lru_percpu_hash, 4, 4, 1), 2);
    EXPECT_EQ(user_put(*map, 1U, 7U), 0);
    EXPECT_EQ(put(*map, 2U, 8U, 0, 1), 0);
    EXPECT_EQ(code(map->lookup(bytes_of(1U))), -ENOENT);
    EXPECT_EQ(*map->lookup(bytes_of(2U)), (std::vector{bytes_of(0U), bytes_of(8U)}));
}

TEST(maps_lru, same_operations_leave_the_same_keys) {
    const auto run = [] {
        const auto map = make_map(lru(50), 2);
        for (std::uint32_t i = 0; i < 5000; ++i) {
            put(*map, i * 2654435761U % 97, i, 0, i % 2);
            at<std::uint32_t>(*map, i % 13);
        }
        return *map->entries();
    };
    EXPECT_EQ(run(), run());
}

}  // namespace
}  // namespace bpftwin::test
