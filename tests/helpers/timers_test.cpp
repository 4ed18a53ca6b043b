// Timers: their states, and the order in which they are due. What programs see of them is in
// tests/semantics/cases/helper_timer.bpf.c.
#include "helpers/timers.h"

#include <array>
#include <cerrno>
#include <ctime>

#include "bpftwin/spec.h"
#include "tests/helpers/maps_support.h"

namespace bpftwin::test {
namespace {

class timers : public testing::Test {
protected:
    /// A timer with a callback.
    void create(std::uint64_t place, std::size_t program = 0) {
        EXPECT_EQ(table.create(place, *map, 8, CLOCK_MONOTONIC), 0);
        EXPECT_EQ(table.set_callback(place, programs[program], place * 10), 0);
    }
    /// Place of what is due first and has then been called back; 0: nothing is.
    std::uint64_t next(std::uint64_t until, std::size_t program = 0) {
        const auto due = table.begin_call(programs[program], until);
        table.end_call();
        return due ? due->place : 0;
    }

    std::unique_ptr<Map> map = make_map(map_spec(MapType::array, 4, 24, 4));
    std::array<ProgramSpec, 2> programs;
    TimerTable table;
};

TEST_F(timers, are_due_in_the_order_of_their_time) {
    for (const std::uint64_t place : {1, 2, 3}) create(place);
    table.start(1, 300);
    table.start(2, 100);
    table.start(3, 200);
    table.start(3, 50);
    EXPECT_EQ(next(250), 3U);
    EXPECT_EQ(next(250), 2U);
    EXPECT_EQ(next(250), 0U);
    EXPECT_EQ(next(300), 1U);
    EXPECT_EQ(next(300), 0U);
}

TEST_F(timers, tell_what_is_called_and_with_what) {
    create(1008);
    table.start(1008, 5);
    const auto due = table.begin_call(programs[0], 5);
    ASSERT_TRUE(due);
    EXPECT_EQ(due->value, 1000U);
    EXPECT_EQ(due->map, map.get());
    EXPECT_EQ(due->callback, 10080U);
    EXPECT_EQ(due->at, 5U);
}

TEST_F(timers, exist_once_and_until_they_are_erased) {
    EXPECT_EQ(table.cancel(1), -EINVAL);
    EXPECT_EQ(table.set_callback(1, programs[0], 7), -EINVAL);
    create(1);
    EXPECT_EQ(table.create(1, *map, 8, CLOCK_MONOTONIC), -EBUSY);
    table.start(1, 5);
    table.erase(1);
    EXPECT_EQ(next(5), 0U);
    EXPECT_EQ(table.cancel(1), -EINVAL);
}

TEST_F(timers, have_no_callback_once_they_are_cancelled) {
    create(1);
    table.start(1, 5);
    EXPECT_EQ(table.cancel(1), 1);
    EXPECT_EQ(table.cancel(1), 0);
    EXPECT_FALSE(table.clock_of(1));
}

TEST_F(timers, are_not_cancelled_by_their_own_callback) {
    create(1);
    create(2);
    table.start(1, 5);
    table.start(2, 5);
    ASSERT_TRUE(table.begin_call(programs[0], 5));
    EXPECT_EQ(table.cancel(1), -EDEADLK);
    EXPECT_EQ(table.cancel(2), 1);
    table.end_call();
    EXPECT_EQ(table.cancel(1), 0);
}

TEST_F(timers, call_back_the_program_that_set_the_callback_until_it_is_gone) {
    create(1, 1);
    create(2, 0);
    table.start(1, 5);
    table.start(2, 6);
    EXPECT_EQ(next(10, 0), 2U);
    table.forget(std::span(programs).last(1));
    EXPECT_EQ(next(10, 1), 0U);
    EXPECT_FALSE(table.clock_of(1));
}

}  // namespace
}  // namespace bpftwin::test
