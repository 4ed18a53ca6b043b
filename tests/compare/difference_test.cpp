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
                Optional(std::string("events: number 0 differs")));
    EXPECT_THAT(said([](RunResult& r) { r.trace[0] = "bye"; }),
                Optional(std::string("trace lines: number 0 differs")));
    EXPECT_THAT(said([](RunResult& r) { r.maps[0].entries[1].values[0][0] = std::byte{0}; }),
                Optional(std::string("map counts: entries: number 1 differs")));
    EXPECT_THAT(said([](RunResult& r) { r.maps[0].entries.pop_back(); }),
                Optional(std::string("map counts: entries: 1, expected 2")));
    EXPECT_THAT(said([](RunResult& r) { r.maps.clear(); }),
                Optional(std::string("maps: 0, expected 1")));
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
