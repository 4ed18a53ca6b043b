#include <cerrno>
#include <cstring>
#include <map>
#include <vector>

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/helpers/calling.h"
#include "tests/helpers/maps.h"

namespace bpftwin {
namespace {

constexpr std::uint64_t function = 1;

TEST(loop, counts_its_rounds) {
    Caller caller;
    std::vector<std::uint64_t> seen;
    caller.program().callback = [&](std::uint64_t index, std::uint64_t context, std::uint64_t,
                                    std::uint64_t) {
        EXPECT_EQ(context, 77U);
        seen.push_back(index);
        return 0;
    };
    EXPECT_EQ(caller("loop", 3, function, 77, 0), 3);
    EXPECT_THAT(seen, testing::ElementsAre(0, 1, 2));
    EXPECT_EQ(caller("loop", 0, function, 77, 0), 0);
}

TEST(loop, ends_when_the_callback_returns_other_than_zero) {
    Caller caller;
    caller.program().callback = [](std::uint64_t index, auto...) -> std::uint64_t {
        return index == 4;
    };
    EXPECT_EQ(caller("loop", 100, function, 0, 0), 5);
}

TEST(loop, refuses_flags_and_more_than_eight_million_rounds) {
    Caller caller;
    caller.program().callback = [](auto...) -> std::uint64_t { return 1; };
    EXPECT_EQ(caller("loop", 3, function, 0, 1), -EINVAL);
    EXPECT_EQ(caller("loop", (1 << 23) + 1, function, 0, 0), -E2BIG);
    EXPECT_EQ(caller("loop", 1 << 23, function, 0, 0), 1);
}

TEST(loop, ends_when_the_program_is_stopped) {
    Caller caller;
    int calls = 0;
    caller.program().callback = [&](auto...) -> std::uint64_t {
        ++calls;
        caller.program().stop({.reason = "enough"});
        return 0;
    };
    caller("loop", 100, function, 0, 0);
    EXPECT_EQ(calls, 1);
}

class for_each_map_elem : public testing::Test {
protected:
    void put(std::uint32_t key, std::uint64_t value) {
        ASSERT_EQ(map->update_elem(&key, &value, 0, 0), 0);
    }
    std::int64_t for_each(std::uint64_t flags = 0) {
        return caller("for_each_map_elem", map.get(), function, 55, flags);
    }

    std::unique_ptr<Map> map = make_map(MapType::hash, 4, 8, 8);
    Caller caller;
};

TEST_F(for_each_map_elem, shows_every_element_once) {
    for (std::uint32_t key = 0; key < 5; ++key) put(key, key * 10);
    std::map<std::uint32_t, std::uint64_t> seen;
    caller.program().callback = [&](std::uint64_t map_address, std::uint64_t key,
                                    std::uint64_t value, std::uint64_t context) {
        EXPECT_EQ(map_address, reinterpret_cast<std::uint64_t>(map.get()));
        EXPECT_EQ(context, 55U);
        std::uint32_t seen_key = 0;
        EXPECT_TRUE(caller.program().probe_read(&seen_key, key, 4));
        EXPECT_FALSE(caller.program().memory().allows(key, 4, true));
        std::memcpy(&seen[seen_key], reinterpret_cast<const void*>(value), 8);
        return 0;
    };
    EXPECT_EQ(for_each(), 5);
    EXPECT_THAT(
        seen, testing::ElementsAre(testing::Pair(0, 0), testing::Pair(1, 10), testing::Pair(2, 20),
                                   testing::Pair(3, 30), testing::Pair(4, 40)));
}

TEST_F(for_each_map_elem, counts_the_element_that_ended_it) {
    for (std::uint32_t key = 0; key < 5; ++key) put(key, key);
    int calls = 0;
    caller.program().callback = [&](auto...) -> std::uint64_t { return ++calls == 2; };
    EXPECT_EQ(for_each(), 2);
    EXPECT_EQ(calls, 2);
}

TEST_F(for_each_map_elem, elements_may_be_deleted_on_the_way) {
    for (std::uint32_t key = 0; key < 8; ++key) put(key, key);
    caller.program().callback = [&](std::uint64_t, std::uint64_t key, std::uint64_t,
                                    std::uint64_t) -> std::uint64_t {
        EXPECT_EQ(map->delete_elem(reinterpret_cast<const void*>(key)), 0);
        return 0;
    };
    EXPECT_EQ(for_each(), 8);
    EXPECT_EQ(for_each(), 0);
}

TEST_F(for_each_map_elem, may_be_nested) {
    put(1, 1);
    put(2, 2);
    int depth = 0;
    int calls = 0;
    caller.program().callback = [&](auto...) -> std::uint64_t {
        ++calls;
        if (++depth == 1) {
            EXPECT_EQ(for_each(), 2);
        }
        --depth;
        return 0;
    };
    EXPECT_EQ(for_each(), 2);
    EXPECT_EQ(calls, 6);
}

TEST_F(for_each_map_elem, refuses_flags) { EXPECT_EQ(for_each(1), -EINVAL); }

TEST_F(for_each_map_elem, visits_array_elements_in_order) {
    map = make_map(MapType::array, 4, 8, 4);
    std::vector<std::uint32_t> keys;
    caller.program().callback = [&](std::uint64_t, std::uint64_t key, std::uint64_t,
                                    std::uint64_t) -> std::uint64_t {
        caller.program().probe_read(&keys.emplace_back(), key, 4);
        return 0;
    };
    EXPECT_EQ(for_each(), 4);
    EXPECT_THAT(keys, testing::ElementsAre(0, 1, 2, 3));
}

}  // namespace
}  // namespace bpftwin
