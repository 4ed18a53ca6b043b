#include <array>
#include <cstdint>
#include <thread>

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/helpers/calling.h"

namespace bpftwin {
namespace {

TEST(spin_lock, keeps_two_threads_apart) {
    struct Value {
        std::uint32_t lock = 0;
        std::uint32_t count = 0;
    } value;
    const auto count = [&value] {
        Caller caller;
        for (int i = 0; i < 20'000; ++i) {
            caller("spin_lock", &value.lock);
            ++value.count;
            caller("spin_unlock", &value.lock);
        }
        EXPECT_EQ(caller.stop_reason(), "");
    };
    std::thread other(count);
    count();
    other.join();
    EXPECT_EQ(value.count, 40'000U);
    EXPECT_EQ(value.lock, 0U);
}

TEST(spin_lock, of_a_lock_that_nobody_releases_stops_the_program) {
    std::uint32_t lock = 0;
    Caller caller;
    caller("spin_lock", &lock);
    ASSERT_EQ(caller.stop_reason(), "");
    caller("spin_lock", &lock);
    EXPECT_THAT(caller.stop_reason(), testing::HasSubstr("nobody releases"));
    EXPECT_EQ(caller.program().stop_cause()->address, reinterpret_cast<std::uint64_t>(&lock));
}

TEST(spin_lock, wants_an_aligned_address) {
    std::array<std::uint32_t, 2> locks{};
    Caller caller;
    caller("spin_lock", reinterpret_cast<std::uint64_t>(locks.data()) + 1);
    EXPECT_THAT(caller.stop_reason(), testing::HasSubstr("not aligned"));
}

}  // namespace
}  // namespace bpftwin
