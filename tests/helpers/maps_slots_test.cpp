// prog_array, perf_event_array, devmap, devmap_hash, cpumap, xskmap.
#include "helpers/maps/perf_event_array.h"
#include "helpers/maps/prog_array.h"
#include "tests/helpers/maps_support.h"

namespace bpftwin::test {
namespace {

TEST(maps_prog_array, holds_programs_by_index) {
    const auto map = make<ProgArray>(map_spec(MapType::prog_array, 4, 4, 3));
    EXPECT_EQ(map->program(0), std::nullopt);
    EXPECT_EQ(map->put(0, 0), 0);
    EXPECT_EQ(map->put(2, 7), 0);
    EXPECT_EQ(map->put(3, 7), -E2BIG);
    EXPECT_EQ(map->program(0), 0U);
    EXPECT_EQ(map->program(2), 7U);
    EXPECT_EQ(map->program(3), std::nullopt);
    EXPECT_EQ(map->program(std::uint64_t{1} << 32), std::nullopt);
}

TEST(maps_prog_array, user_space_sees_ids_and_may_set_admitted_ones) {
    const auto map = make<ProgArray>(map_spec(MapType::prog_array, 4, 4, 2));
    EXPECT_EQ(user_put(*map, 0U, 1U), -EBADF);
    map->admit_programs(3);
    EXPECT_EQ(user_put(*map, 0U, 3U), 0);
    EXPECT_EQ(map->program(0), 2U);
    EXPECT_EQ(map->lookup(bytes_of(0U))->front(), bytes_of(3U));
    EXPECT_EQ(user_put(*map, 0U, 4U), -EBADF);
    EXPECT_EQ(user_put(*map, 0U, 0U), -EBADF);
    EXPECT_EQ(user_put(*map, 0U, 1U, update_flag::noexist), -EINVAL);
    EXPECT_EQ(user_put(*map, 2U, 1U), -E2BIG);
}

TEST(maps_prog_array, deleting_an_empty_slot_is_an_error) {
    const auto map = make<ProgArray>(map_spec(MapType::prog_array, 4, 4, 2));
    map->put(1, 5);
    EXPECT_EQ(user_drop(*map, 1U), 0);
    EXPECT_EQ(map->program(1), std::nullopt);
    EXPECT_EQ(user_drop(*map, 1U), -ENOENT);
    EXPECT_EQ(user_drop(*map, 2U), -E2BIG);
}

TEST(maps_prog_array, entries_lists_full_slots_only) {
    const auto map = make<ProgArray>(map_spec(MapType::prog_array, 4, 4, 100));
    map->put(42, 0);
    EXPECT_EQ(*map->entries(), (std::vector<MapEntry>{{bytes_of(42U), {bytes_of(1U)}}}));
}

TEST(maps_prog_array, programs_can_neither_look_up_nor_update) {
    const auto map = make<ProgArray>(map_spec(MapType::prog_array, 4, 4, 1));
    map->put(0, 0);
    EXPECT_EQ(at<void>(*map, 0U), nullptr);
    EXPECT_EQ(put(*map, 0U, 1U), -EOPNOTSUPP);
    EXPECT_TRUE(map->regions().empty());
}

TEST(maps_perf_event_array, every_cpus_event_is_open_at_first) {
    const auto map = make<PerfEventArray>(map_spec(MapType::perf_event_array, 4, 4, 4), 2);
    EXPECT_EQ(map->check_output(0, 0), 0);
    EXPECT_EQ(map->check_output(1, 1), 0);
    EXPECT_EQ(map->check_output(1, 0), -EOPNOTSUPP);
    EXPECT_EQ(map->check_output(2, 2), -ENOENT);
    EXPECT_EQ(map->check_output(4, 0), -E2BIG);
}

TEST(maps_perf_event_array, user_space_opens_and_closes_events) {
    const auto map = make<PerfEventArray>(map_spec(MapType::perf_event_array, 4, 4, 2), 1);
    EXPECT_EQ(user_drop(*map, 0U), 0);
    EXPECT_EQ(map->check_output(0, 0), -ENOENT);
    EXPECT_EQ(user_put(*map, 0U, 5U), 0);
    EXPECT_EQ(map->check_output(0, 0), 0);
    EXPECT_EQ(code(map->lookup(bytes_of(0U))), -enotsupp);
    EXPECT_TRUE(map->entries()->empty());
}

TEST(maps_devmap, programs_read_the_ifindex_of_a_slot) {
    const auto map = make_map(map_spec(MapType::devmap, 4, 4, 4));
    EXPECT_EQ(at<std::uint32_t>(*map, 1U), nullptr);
    EXPECT_EQ(user_put(*map, 1U, 17U), 0);
    ASSERT_NE(at<std::uint32_t>(*map, 1U), nullptr);
    EXPECT_EQ(*at<std::uint32_t>(*map, 1U), 17U);
    EXPECT_EQ(map->lookup(bytes_of(1U))->front(), bytes_of(17U));
    EXPECT_FALSE(map->regions().front().writable);
    EXPECT_EQ(map->regions().front().element, 4U);
    EXPECT_EQ(put(*map, 1U, 2U), -EOPNOTSUPP);
}

TEST(maps_devmap, ifindex_0_empties_a_slot) {
    const auto map = make_map(map_spec(MapType::devmap, 4, 4, 4));
    user_put(*map, 1U, 17U);
    EXPECT_EQ(user_put(*map, 1U, 0U), 0);
    EXPECT_EQ(code(map->lookup(bytes_of(1U))), -ENOENT);
    EXPECT_EQ(user_drop(*map, 1U), 0);
    EXPECT_EQ(user_drop(*map, 4U), -EINVAL);
}

TEST(maps_devmap, hash_takes_any_key) {
    const auto map = make_map(map_spec(MapType::devmap_hash, 4, 8, 2));
    const auto device = [](std::uint32_t ifindex) { return std::uint64_t{ifindex}; };
    EXPECT_EQ(user_put(*map, 1000U, device(3)), 0);
    EXPECT_EQ(*at<std::uint32_t>(*map, 1000U), 3U);
    EXPECT_EQ(user_put(*map, 1000U, device(4), update_flag::noexist), -EEXIST);
    EXPECT_EQ(user_put(*map, 2000U, device(4), update_flag::exist), 0);
    EXPECT_EQ(user_put(*map, 3000U, device(5)), -E2BIG);
    EXPECT_EQ(user_put(*map, 1000U, device(0)), -EINVAL);
    EXPECT_EQ(user_drop(*map, 1000U), 0);
    EXPECT_EQ(user_drop(*map, 1000U), -ENOENT);
    EXPECT_FALSE(map->regions().front().writable);
    EXPECT_EQ(map->entries()->size(), 1U);
}

TEST(maps_cpumap, holds_queue_sizes_of_cpus_that_exist) {
    const auto map = make_map(map_spec(MapType::cpumap, 4, 4, 4), 2);
    EXPECT_EQ(user_put(*map, 1U, 64U), 0);
    EXPECT_EQ(*at<std::uint32_t>(*map, 1U), 64U);
    EXPECT_EQ(user_put(*map, 2U, 64U), -ENODEV);
    EXPECT_EQ(user_put(*map, 0U, 16385U), -EOVERFLOW);
    EXPECT_EQ(user_put(*map, 1U, 0U), 0);
    EXPECT_EQ(at<std::uint32_t>(*map, 1U), nullptr);
}

TEST(maps_xskmap, programs_read_the_queue_and_user_space_nothing) {
    const auto map = make_map(map_spec(MapType::xskmap, 4, 4, 2));
    EXPECT_EQ(user_put(*map, 0U, 9U, update_flag::exist), -ENOENT);
    EXPECT_EQ(user_put(*map, 0U, 9U), 0);
    EXPECT_EQ(user_put(*map, 0U, 9U, update_flag::noexist), -EEXIST);
    EXPECT_EQ(*at<std::uint32_t>(*map, 0U), 0U);
    EXPECT_EQ(code(map->lookup(bytes_of(0U))), -EOPNOTSUPP);
    EXPECT_EQ(user_drop(*map, 0U), 0);
    EXPECT_EQ(at<std::uint32_t>(*map, 0U), nullptr);
}

}  // namespace
}  // namespace bpftwin::test
