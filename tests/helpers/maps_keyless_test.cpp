// queue, stack and bloom_filter.
#include "helpers/maps/jenkins_hash.h"
#include "tests/helpers/maps_support.h"

namespace bpftwin::test {
namespace {

TEST(maps_queue, gives_values_in_the_order_in_which_they_came) {
    const auto map = make_map(map_spec(MapType::queue, 0, 8, 3));
    for (std::uint64_t value = 1; value <= 3; ++value) EXPECT_EQ(map->push_elem(&value, 0), 0);
    std::uint64_t value = 4;
    EXPECT_EQ(map->push_elem(&value, 0), -E2BIG);
    EXPECT_EQ(map->push_elem(&value, update_flag::exist), 0);
    for (std::uint64_t expected = 2; expected <= 4; ++expected) {
        EXPECT_EQ(map->peek_elem(&value), 0);
        EXPECT_EQ(map->pop_elem(&value), 0);
        EXPECT_EQ(value, expected);
    }
    EXPECT_EQ(map->pop_elem(&value), -ENOENT);
    EXPECT_EQ(value, 0U);
}

TEST(maps_stack, gives_the_last_value_first_and_gives_up_the_first) {
    const auto map = make_map(map_spec(MapType::stack, 0, 8, 2));
    for (std::uint64_t value = 1; value <= 3; ++value)
        EXPECT_EQ(map->push_elem(&value, update_flag::exist), 0);
    std::uint64_t value = 0;
    for (const std::uint64_t expected : {3U, 2U}) {
        EXPECT_EQ(map->pop_elem(&value), 0);
        EXPECT_EQ(value, expected);
    }
    EXPECT_EQ(map->pop_elem(&value), -ENOENT);
}

TEST(maps_queue, user_space_pushes_looks_and_takes_without_a_key) {
    const auto map = make_map(map_spec(MapType::queue, 0, 4, 2));
    EXPECT_EQ(code(map->update({}, {bytes_of(7U)}, 0)), 0);
    EXPECT_EQ(value_of<std::uint32_t>(map->lookup({})->front()), 7U);
    EXPECT_EQ(value_of<std::uint32_t>(map->take({})->front()), 7U);
    EXPECT_EQ(code(map->take({})), -ENOENT);
    EXPECT_EQ(code(map->update(bytes_of(1U), {bytes_of(7U)}, 0)), -EINVAL);
    EXPECT_EQ(code(map->lookup_batch({}, 1)), -enotsupp);
}

TEST(maps_bloom_filter, knows_what_was_pushed) {
    const auto map = make_map(map_spec(MapType::bloom_filter, 0, 4, 100));
    for (std::uint32_t value = 0; value < 100; ++value) EXPECT_EQ(map->push_elem(&value, 0), 0);
    for (std::uint32_t value = 0; value < 100; ++value) EXPECT_EQ(map->peek_elem(&value), 0);
    unsigned mistakes = 0;
    for (std::uint32_t value = 1000; value < 2000; ++value)
        mistakes += static_cast<unsigned>(map->peek_elem(&value) == 0);
    EXPECT_LT(mistakes, 100U);
    EXPECT_EQ(code(map->lookup(bytes_of(5U))), 0);
}

TEST(jenkins_hash, gives_the_published_results) {
    // lookup3.c's own examples, which start from other initial values: 0 bytes, and this sentence.
    EXPECT_EQ(jenkins_hash("", 0, 0), 0xdeadbeefU);
    EXPECT_EQ(jenkins_hash("Four score and seven years ago", 30, 0), 0x17770551U);
    EXPECT_EQ(jenkins_hash("Four score and seven years ago", 30, 1), 0xcd628161U);
}

}  // namespace
}  // namespace bpftwin::test
