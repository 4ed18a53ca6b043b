#include <cerrno>
#include <cstdint>

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/helpers/calling.h"
#include "tests/helpers/maps.h"

namespace bpftwin {
namespace {

constexpr std::uint64_t noexist = 1;
constexpr std::uint64_t exist = 2;

std::uint64_t value_at(std::int64_t address) {
    return *reinterpret_cast<const std::uint64_t*>(address);
}

TEST(map_calls, update_lookup_and_delete_reach_the_map) {
    const auto map = make_map(MapType::hash, 4, 8, 4);
    Caller caller;
    const std::uint32_t key = 3;
    const std::uint64_t value = 42;
    EXPECT_EQ(caller("map_lookup_elem", map.get(), &key), 0);
    EXPECT_EQ(caller("map_update_elem", map.get(), &key, &value, exist), -ENOENT);
    EXPECT_EQ(caller("map_update_elem", map.get(), &key, &value, noexist), 0);
    EXPECT_EQ(caller("map_update_elem", map.get(), &key, &value, noexist), -EEXIST);
    const std::int64_t found = caller("map_lookup_elem", map.get(), &key);
    ASSERT_NE(found, 0);
    EXPECT_EQ(value_at(found), 42U);
    EXPECT_EQ(caller("map_delete_elem", map.get(), &key), 0);
    EXPECT_EQ(caller("map_delete_elem", map.get(), &key), -ENOENT);
}

TEST(map_calls, per_cpu_values_are_those_of_the_worlds_cpu) {
    const auto map = make_map(MapType::percpu_array, 4, 8, 1);
    World world = World::fixed();
    world.cpu = 1;
    Caller caller(ProgType::syscall, {}, world);
    const std::uint32_t key = 0;
    const std::uint64_t value = 42;
    ASSERT_EQ(caller("map_update_elem", map.get(), &key, &value, 0), 0);
    EXPECT_EQ(value_at(caller("map_lookup_elem", map.get(), &key)), 42U);
    EXPECT_EQ(value_at(caller("map_lookup_percpu_elem", map.get(), &key, 1)), 42U);
    EXPECT_EQ(value_at(caller("map_lookup_percpu_elem", map.get(), &key, 0)), 0U);
}

TEST(map_lookup_percpu_elem, gives_null_for_a_cpu_that_does_not_exist) {
    const auto map = make_map(MapType::percpu_array, 4, 8, 1);
    Caller caller;
    const std::uint32_t key = 0;
    EXPECT_EQ(caller("map_lookup_percpu_elem", map.get(), &key, 2), 0);
    EXPECT_EQ(caller("map_lookup_percpu_elem", map.get(), &key, 0xffff'ffff), 0);
    EXPECT_EQ(caller.stop_reason(), "");
}

TEST(map_lookup_percpu_elem, stops_the_program_for_a_map_without_such_values) {
    const auto map = make_map(MapType::array, 4, 8, 1);
    Caller caller;
    const std::uint32_t key = 0;
    EXPECT_EQ(caller("map_lookup_percpu_elem", map.get(), &key, 0), 0);
    EXPECT_THAT(caller.stop_reason(), testing::HasSubstr("no value per CPU"));
}

}  // namespace
}  // namespace bpftwin
