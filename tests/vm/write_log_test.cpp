// Who wrote what last, as the checked interpreter tells on request.
#include "gtest/gtest.h"
#include "tests/support/programs.h"

namespace bpftwin::test {
namespace {

using Place = LastWrite::Place;

const EngineCase logging_interpreter{
    "interp_checked", make_interpreter, {.safety = Safety::checked}};

std::vector<LastWrite> writes_of(std::string_view text, ProgType type, RunInput input = {},
                                 std::vector<MapSpec> maps = {}) {
    input.want_writes = true;
    auto result = run_first(logging_interpreter,
                            object_of({assembled(text, type)}, std::move(maps)), std::move(input));
    EXPECT_FALSE(result.trap) << result.trap->describe();
    return result.writes;
}

MapSpec map(MapType type) {
    return {.name = "map", .type = type, .key_size = 4, .value_size = 8, .max_entries = 4};
}

RunInput packet_of(std::size_t size) { return {.packet = Bytes(size)}; }

constexpr std::string_view packet_bounds =
    "r6 = *(u32 *)(r1 +0)\n r7 = *(u32 *)(r1 +4)\n r0 = 2\n"
    "r2 = r6\n r2 += 14\n if r2 > r7 goto out\n";

TEST(write_log, stores_to_the_packet_are_joined_by_instruction) {
    const auto writes = writes_of(
        std::string(packet_bounds) + "*(u32 *)(r6 +4) = 1\n *(u16 *)(r6 +6) = 2\n out: exit",
        ProgType::xdp, packet_of(14));
    ASSERT_EQ(writes.size(), 2u);
    EXPECT_EQ(writes[0].place, Place::packet);
    EXPECT_EQ(writes[0].offset, 4u);
    EXPECT_EQ(writes[0].size, 2u);
    EXPECT_EQ(writes[0].pc, 6u);
    EXPECT_EQ(writes[1].offset, 6u);
    EXPECT_EQ(writes[1].size, 2u);
    EXPECT_EQ(writes[1].pc, 7u);
    EXPECT_EQ(writes[1].program, "prog");
}

TEST(write_log, a_context_field_is_written_by_its_store) {
    const auto writes =
        writes_of("*(u32 *)(r1 +8) = 7\n r0 = 0\n exit", ProgType::sched_cls, packet_of(14));
    ASSERT_EQ(writes.size(), 1u);
    EXPECT_EQ(writes[0].place, Place::context);
    EXPECT_EQ(writes[0].offset, 8u);
    EXPECT_EQ(writes[0].size, 4u);
}

TEST(write_log, a_helper_that_changes_the_packet_is_its_writer) {
    const auto writes = writes_of(
        "*(u16 *)(r10 -2) = 0x0102\n r2 = 3\n r3 = r10\n r3 += -2\n r4 = 2\n r5 = 0\n"
        "call 9\n r0 = 0\n exit",
        ProgType::sched_cls, packet_of(20));
    ASSERT_EQ(writes.size(), 1u);
    EXPECT_EQ(writes[0].place, Place::packet);
    EXPECT_EQ(writes[0].offset, 3u);
    EXPECT_EQ(writes[0].size, 2u);
    EXPECT_EQ(writes[0].pc, 6u);
}

constexpr std::string_view update =
    "*(u32 *)(r10 -4) = 1\n *(u64 *)(r10 -16) = 5\n r1 = map[fd:0]\n r2 = r10\n r2 += -4\n"
    "r3 = r10\n r3 += -16\n r4 = 0\n call 2\n";

class MapWrites : public testing::TestWithParam<MapType> {};

TEST_P(MapWrites, an_element_is_written_by_the_update_and_by_stores_to_its_value) {
    const auto writes =
        writes_of(std::string(update) +
                      "r1 = map[fd:0]\n r2 = r10\n r2 += -4\n call 1\n if r0 == 0 goto out\n"
                      "*(u8 *)(r0 +7) = 9\n out: r0 = 0\n exit",
                  ProgType::xdp, packet_of(14), {map(GetParam())});
    ASSERT_EQ(writes.size(), 2u);
    EXPECT_EQ(writes[0].place, Place::map);
    EXPECT_EQ(writes[0].map, "map");
    EXPECT_EQ(writes[0].key, bytes_of({1, 0, 0, 0}));
    EXPECT_EQ(writes[0].offset, 0u);
    EXPECT_EQ(writes[0].size, 7u);
    EXPECT_EQ(writes[0].pc, 9u);
    EXPECT_EQ(writes[1].offset, 7u);
    EXPECT_EQ(writes[1].size, 1u);
}

INSTANTIATE_TEST_SUITE_P(types, MapWrites, testing::Values(MapType::hash, MapType::array),
                         [](const auto& type) { return std::string(name_of(type.param)); });

TEST(write_log, nothing_is_kept_unless_it_is_asked_for) {
    auto result = run_first(
        logging_interpreter,
        object_of({assembled("*(u32 *)(r1 +8) = 7\n r0 = 0\n exit", ProgType::sched_cls)}));
    EXPECT_TRUE(result.writes.empty());
}

}  // namespace
}  // namespace bpftwin::test
