// stack_trace: what bpf_get_stackid makes of a trace, and what user space sees of it.
#include "helpers/maps/stack_trace_map.h"

#include <array>

#include "tests/helpers/maps_support.h"

namespace bpftwin::test {
namespace {

constexpr std::uint64_t some_frames[] = {0x1000, 0x2000, 0x3000, 0x4000, 0x5000};

TEST(maps_stack_trace, equal_traces_have_one_number_and_their_frames_are_read_back) {
    const auto map = make<StackTraceMap>(map_spec(MapType::stack_trace, 4, 32, 1000));
    const long id = map->put(some_frames, 0);
    ASSERT_GE(id, 0);
    EXPECT_EQ(map->put(some_frames, 0), id);
    const Bytes value = map->lookup(bytes_of(static_cast<std::uint32_t>(id)))->front();
    EXPECT_EQ(std::memcmp(value.data(), some_frames, 32), 0);
    EXPECT_EQ(map->entries()->size(), 1U);
}

TEST(maps_stack_trace, skipped_frames_are_left_out_and_short_traces_end_in_zeros) {
    const auto map = make<StackTraceMap>(map_spec(MapType::stack_trace, 4, 32, 1000));
    const long id = map->put(std::span(some_frames).first(3), 2);
    ASSERT_GE(id, 0);
    const auto value =
        value_of<std::array<std::uint64_t, 4>>(map->lookup(bytes_of(std::uint32_t(id)))->front());
    EXPECT_EQ(value, (std::array<std::uint64_t, 4>{0x3000, 0, 0, 0}));
    EXPECT_EQ(map->put(std::span(some_frames).first(3), 3), -EFAULT);
    EXPECT_EQ(map->put(some_frames, 1U << 11), -EINVAL);
}

TEST(maps_stack_trace, another_trace_takes_a_number_only_when_asked_to) {
    const auto map = make<StackTraceMap>(map_spec(MapType::stack_trace, 4, 32, 1));
    EXPECT_EQ(map->put(some_frames, 0), 0);
    EXPECT_EQ(map->put(std::span(some_frames).first(2), 0), -EEXIST);
    EXPECT_EQ(map->put(std::span(some_frames).first(2), stack_flag::reuse), -ENOMEM);
    EXPECT_EQ(user_drop(*map, 0U), 0);
    EXPECT_EQ(user_drop(*map, 0U), -ENOENT);
    EXPECT_EQ(user_drop(*map, 1U), -E2BIG);
    EXPECT_EQ(map->put(std::span(some_frames).first(2), 0), 0);
}

TEST(maps_stack_trace, another_trace_is_put_in_place_of_one_where_memory_for_both_is_left) {
    const auto map = make<StackTraceMap>(map_spec(MapType::stack_trace, 4, 32, 2));
    const long id = map->put(some_frames, 0);
    std::size_t other = 1;
    while (other < 4 && map->put(std::span(some_frames).first(other), 0) != -EEXIST) {
        EXPECT_EQ(user_drop(*map, static_cast<std::uint32_t>(1 - id)), 0);
        ++other;
    }
    ASSERT_LT(other, 4U);
    EXPECT_EQ(map->put(std::span(some_frames).first(other), stack_flag::reuse), id);
    EXPECT_EQ(map->entries()->size(), 1U);
}

TEST(maps_stack_trace, frames_of_build_ids_have_the_address) {
    const auto map =
        make<StackTraceMap>(map_spec(MapType::stack_trace, 4, 64, 1, map_flag::stack_build_id));
    ASSERT_EQ(map->put(some_frames, 0), 0);
    const Bytes value = map->lookup(bytes_of(0U))->front();
    EXPECT_EQ(value_of<std::int32_t>(value), 2);
    EXPECT_EQ(std::memcmp(&value[24], &some_frames[0], 8), 0);
    EXPECT_EQ(std::memcmp(&value[56], &some_frames[1], 8), 0);
}

}  // namespace
}  // namespace bpftwin::test
