#include "compare/difference.h"

#include <functional>

#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace bpftwin::compare {
namespace {

using testing::Optional;

Bytes bytes(std::initializer_list<int> values) {
    Bytes result;
    for (int value : values) result.push_back(static_cast<std::byte>(value));
    return result;
}

RunResult sample() {
    RunResult result;
    result.return_value = 2;
    result.packet = bytes({1, 2, 3});
    result.context = bytes({4, 5});
    result.events = {{"ring", 0, bytes({6})}};
    result.trace = {"hello"};
    result.maps = {
        {"counts", MapType::hash, {{bytes({1}), {bytes({7})}}, {bytes({2}), {bytes({8})}}}}};
    return result;
}

/// What is said after `change` was made to one of two equal results.
std::optional<std::string> said(const std::function<void(RunResult&)>& change) {
    RunResult changed = sample();
    change(changed);
    return difference(sample(), changed);
}

TEST(difference, equal_results_have_none) {
    EXPECT_EQ(said([](RunResult&) {}), std::nullopt);
}

TEST(difference, time_and_counted_instructions_may_differ) {
    EXPECT_EQ(said([](RunResult& r) { r.duration_ns = 9, r.insns = 9; }), std::nullopt);
}

TEST(difference, the_order_of_map_entries_may_differ) {
    EXPECT_EQ(said([](RunResult& r) { std::swap(r.maps[0].entries[0], r.maps[0].entries[1]); }),
              std::nullopt);
}

TEST(difference, every_effect_is_compared) {
    EXPECT_THAT(said([](RunResult& r) { r.return_value = 3; }),
                Optional(std::string("return value: 0x3, expected 0x2")));
    EXPECT_THAT(said([](RunResult& r) { r.trap = Trap{.kind = TrapKind::budget}; }),
                Optional(std::string("trap: budget, expected none")));
    EXPECT_THAT(said([](RunResult& r) { (*r.packet)[1] = std::byte{9}; }),
                Optional(std::string("packet: byte 1 is 0x09, expected 0x02")));
    EXPECT_THAT(said([](RunResult& r) { r.packet->pop_back(); }),
                Optional(std::string("packet: 2 bytes, expected 3")));
    EXPECT_THAT(said([](RunResult& r) { r.context[0] = std::byte{0}; }),
                Optional(std::string("context: byte 0 is 0x00, expected 0x04")));
    EXPECT_THAT(said([](RunResult& r) { r.redirect = Redirect{.ifindex = 3}; }),
                Optional(std::string("redirect: to device 3, expected none")));
    EXPECT_THAT(said([](RunResult& r) { r.events.clear(); }),
                Optional(std::string("events: 0, expected 1")));
    EXPECT_THAT(said([](RunResult& r) { r.events[0].data[0] = std::byte{0}; }),
                Optional(std::string("events: number 0 byte 0 is 0x00, expected 0x06")));
    EXPECT_THAT(said([](RunResult& r) { r.trace[0] = "bye"; }),
                Optional(std::string("trace lines: number 0 is \"bye\", expected \"hello\"")));
    EXPECT_THAT(said([](RunResult& r) { r.maps[0].entries[1].values[0][0] = std::byte{0}; }),
                Optional(std::string("maps: counts: byte 0 is 0x00, expected 0x08")));
    EXPECT_THAT(said([](RunResult& r) { r.maps[0].entries.pop_back(); }),
                Optional(std::string("maps: counts: 1 entries, expected 2")));
    EXPECT_THAT(said([](RunResult& r) { r.maps.clear(); }),
                Optional(std::string("maps: 0, expected 1")));
}

TEST(difference, what_one_engine_does_not_show_is_not_compared_but_said) {
    RunResult blind = sample();
    blind.redirect = Redirect{.ifindex = 3};
    blind.unseen = {{Effect::redirect, "nobody looks"}};
    EXPECT_EQ(difference(sample(), blind), std::nullopt);
    const auto found = findings(sample(), blind);
    ASSERT_EQ(found.size(), 1u);
    EXPECT_EQ(found[0].agreement, Agreement::not_comparable);
    EXPECT_EQ(found[0].text, "redirect: nobody looks");
}

TEST(difference, only_the_bits_and_bytes_that_both_show_are_compared) {
    RunResult narrow = sample();
    narrow.return_bits = 32;
    narrow.return_value |= std::uint64_t{1} << 40;
    narrow.context = bytes({4, 9});
    narrow.context_mask = bytes({0xff, 0});
    EXPECT_EQ(difference(sample(), narrow), std::nullopt);
    narrow.context_mask = bytes({0xff, 0xff});
    EXPECT_THAT(difference(sample(), narrow),
                Optional(std::string("context: byte 1 is 0x09, expected 0x05")));
}

TEST(difference, what_another_world_changes_says_nothing_about_engines) {
    RunResult varied = sample();
    varied.maps[0].entries[0].values[0][0] = std::byte{70};
    RunResult actual = sample();
    actual.maps[0].entries[0].values[0][0] = std::byte{71};
    const auto found = findings(sample(), actual, &varied);
    ASSERT_EQ(found.size(), 1u);
    EXPECT_EQ(found[0].agreement, Agreement::not_comparable);
    actual.maps[0].entries[1].values[0][0] = std::byte{72};
    EXPECT_EQ(findings(sample(), actual, &varied).back().agreement, Agreement::different);
}

TEST(difference, records_are_compared_in_the_order_of_each_map) {
    RunResult one = sample(), other = sample();
    one.events = {{"b", 0, bytes({1})}, {"a", 0, bytes({2})}, {"b", 0, bytes({3})}};
    other.events = {{"a", 0, bytes({2})}, {"b", 0, bytes({1})}, {"b", 0, bytes({3})}};
    EXPECT_EQ(difference(one, other), std::nullopt);
    std::swap(other.events[1], other.events[2]);
    EXPECT_NE(difference(one, other), std::nullopt);
}

TEST(difference, zero_bytes_behind_a_record_of_perfs_ring_are_not_the_programs) {
    RunResult one = sample(), other = sample();
    other.events[0].data = bytes({6, 0, 0, 0});
    EXPECT_NE(difference(one, other), std::nullopt);
    other.events[0].padded = true;
    EXPECT_EQ(difference(one, other), std::nullopt);
    other.events[0].data = bytes({6, 0, 0, 1});
    EXPECT_NE(difference(one, other), std::nullopt);
}

TEST(difference, a_difference_comes_with_the_bytes_of_both) {
    RunResult actual = sample();
    actual.maps[0].entries[1].values[0][0] = std::byte{9};
    const auto found = findings(sample(), actual);
    ASSERT_EQ(found.size(), 1u);
    EXPECT_EQ(found[0].map, "counts");
    EXPECT_EQ(found[0].key, bytes({2}));
    EXPECT_EQ(found[0].expected, bytes({8}));
    EXPECT_EQ(found[0].actual, bytes({9}));
}

TEST(difference, values_are_compared_for_cpus_that_both_have) {
    RunResult expected = sample(), actual = sample();
    expected.maps[0].entries[0].values.push_back(bytes({9}));
    EXPECT_EQ(difference(expected, actual), std::nullopt);
    EXPECT_EQ(findings(expected, actual)[0].text,
              "maps: counts: values of CPUs that one of them has not");
    actual.maps[0].entries[0].values[0][0] = std::byte{8};
    EXPECT_THAT(difference(expected, actual),
                Optional(std::string("maps: counts: byte 0 is 0x08, expected 0x07")));
}

TEST(difference, numbers_of_programs_and_maps_are_each_kernels_own) {
    RunResult one = sample();
    one.maps[0].type = MapType::prog_array;
    RunResult other = one;
    other.maps[0].entries[0].values[0][0] = std::byte{99};
    EXPECT_EQ(difference(one, other), std::nullopt);
}

TEST(difference, of_two_trapped_runs_the_return_value_does_not_count) {
    RunResult one = sample();
    one.trap = Trap{.kind = TrapKind::bad_access};
    RunResult other = one;
    other.return_value = 77;
    EXPECT_EQ(difference(one, other), std::nullopt);
}

}  // namespace
}  // namespace bpftwin::compare
