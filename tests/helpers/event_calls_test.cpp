#include <cerrno>
#include <cstring>
#include <string_view>

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/helpers/calling.h"
#include "tests/helpers/maps.h"

namespace bpftwin {
namespace {

constexpr std::uint64_t current_cpu = 0xffff'ffff;

std::string text_of(const Bytes& bytes) {
    return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
}

class ring_buffer_calls : public testing::Test {
protected:
    std::vector<std::string> drained() {
        std::vector<Event> events;
        map->drain(events);
        std::vector<std::string> texts;
        for (const Event& event : events) texts.push_back(text_of(event.data));
        return texts;
    }
    void* reserve(std::uint64_t size, std::uint64_t flags = 0) {
        return reinterpret_cast<void*>(caller("ringbuf_reserve", map.get(), size, flags));
    }

    std::unique_ptr<Map> map = make_map(MapType::ringbuf, 0, 0, 4096);
    Caller caller;
};

TEST_F(ring_buffer_calls, output_makes_a_record) {
    EXPECT_EQ(caller("ringbuf_output", map.get(), "hello", 5, 0), 0);
    EXPECT_THAT(drained(), testing::ElementsAre("hello"));
    EXPECT_EQ(caller("ringbuf_output", map.get(), "hello", 5, 4), -EINVAL);
    EXPECT_EQ(caller("ringbuf_output", map.get(), "hello", 5000, 0), -EAGAIN);
}

TEST_F(ring_buffer_calls, a_reserved_record_can_be_touched_until_it_is_submitted) {
    void* record = reserve(8);
    ASSERT_NE(record, nullptr);
    const auto address = reinterpret_cast<std::uint64_t>(record);
    EXPECT_TRUE(caller.program().memory().allows(address, 8, true));
    EXPECT_FALSE(caller.program().memory().allows(address, 9, true));
    std::memcpy(record, "a record", 8);
    EXPECT_EQ(caller("ringbuf_submit", record, 0), 0);
    EXPECT_FALSE(caller.program().memory().allows(address, 1, false));
    EXPECT_THAT(drained(), testing::ElementsAre("a record"));
    EXPECT_EQ(caller.stop_reason(), "");
}

TEST_F(ring_buffer_calls, a_discarded_record_reaches_nobody) {
    void* record = reserve(8);
    ASSERT_NE(record, nullptr);
    caller("ringbuf_discard", record, 0);
    EXPECT_THAT(drained(), testing::IsEmpty());
    EXPECT_TRUE(caller.program().reservations().empty());
}

TEST_F(ring_buffer_calls, reserve_gives_null_where_it_cannot) {
    EXPECT_EQ(reserve(8, 1), nullptr);
    EXPECT_EQ(reserve(5000), nullptr);
    EXPECT_EQ(reserve(std::uint64_t{1} << 40), nullptr);
}

TEST_F(ring_buffer_calls, submitting_what_is_not_reserved_stops_the_program) {
    void* record = reserve(8);
    ASSERT_NE(record, nullptr);
    caller("ringbuf_submit", record, 0);
    ASSERT_EQ(caller.stop_reason(), "");
    caller("ringbuf_submit", record, 0);
    EXPECT_NE(caller.stop_reason(), "");
}

TEST_F(ring_buffer_calls, query_tells_the_size) {
    EXPECT_EQ(caller("ringbuf_query", map.get(), 1), 4096);
    EXPECT_EQ(caller("ringbuf_query", map.get(), 0), 0);
    EXPECT_EQ(caller("ringbuf_query", map.get(), 99), 0);
}

TEST_F(ring_buffer_calls, another_kind_of_map_stops_the_program) {
    const auto array = make_map(MapType::array, 4, 8, 1);
    EXPECT_EQ(caller("ringbuf_output", array.get(), "hello", 5, 0), 0);
    EXPECT_THAT(caller.stop_reason(), testing::HasSubstr("ringbuf"));
}

class perf_event_output : public testing::Test {
protected:
    static std::int64_t output(Caller& caller, Map& map, std::uint64_t flags) {
        return caller("perf_event_output", caller.ctx(), &map, flags, "data", 4);
    }

    std::unique_ptr<Map> map = make_map(MapType::perf_event_array, 4, 4, 2);
};

TEST_F(perf_event_output, goes_to_the_slot_of_the_current_cpu) {
    World world = World::fixed();
    world.cpu = 1;
    Caller caller(ProgType::kprobe, {}, world);
    EXPECT_EQ(output(caller, *map, current_cpu), 0);
    EXPECT_EQ(output(caller, *map, 1), 0);
    ASSERT_EQ(caller.effects().events.size(), 2U);
    EXPECT_EQ(caller.effects().events[0].map, "a_perf_event_array");
    EXPECT_EQ(caller.effects().events[0].cpu, 1U);
    EXPECT_EQ(text_of(caller.effects().events[0].data), "data");
}

TEST_F(perf_event_output, refuses_other_slots_and_unknown_flags) {
    Caller caller(ProgType::kprobe);
    EXPECT_EQ(output(caller, *map, 1), -EOPNOTSUPP);
    EXPECT_EQ(output(caller, *map, 2), -E2BIG);
    EXPECT_EQ(output(caller, *map, std::uint64_t{1} << 32), -EINVAL);
    EXPECT_TRUE(caller.effects().events.empty());
}

TEST_F(perf_event_output, appends_the_start_of_the_packet_when_asked) {
    for (const ProgType type : {ProgType::xdp, ProgType::sched_cls}) {
        Caller caller(type, counting_frame());
        EXPECT_EQ(output(caller, *map, std::uint64_t{3} << 32 | current_cpu), 0);
        EXPECT_EQ(text_of(caller.effects().events.at(0).data), std::string("data\0\1\2", 7));
        EXPECT_EQ(output(caller, *map, std::uint64_t{64} << 32), 0);
        EXPECT_EQ(output(caller, *map, std::uint64_t{65} << 32), -EFAULT);
        EXPECT_EQ(output(caller, *map, std::uint64_t{1} << 52), -EINVAL);
    }
}

TEST_F(perf_event_output, another_kind_of_map_stops_the_program) {
    Caller caller(ProgType::kprobe);
    const auto array = make_map(MapType::array, 4, 8, 1);
    output(caller, *array, current_cpu);
    EXPECT_THAT(caller.stop_reason(), testing::HasSubstr("perf_event_array"));
}

}  // namespace
}  // namespace bpftwin
