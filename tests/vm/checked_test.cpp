// What checked mode catches, and how it says so.
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/support/programs.h"

namespace bpftwin::test {
namespace {

using testing::HasSubstr;

const EngineCase checked_interpreter{
    "interp_checked", make_interpreter, {.safety = Safety::checked}};

Trap trap_of_run(std::string_view text, RunInput input = {}, std::vector<MapSpec> maps = {},
                 ProgType type = ProgType::unspec) {
    auto result = run_first(checked_interpreter,
                            object_of({assembled(text, type)}, std::move(maps)), std::move(input));
    if (!result.trap) throw std::runtime_error("the program was not stopped");
    return *result.trap;
}

MapSpec hash() {
    return {
        .name = "hash", .type = MapType::hash, .key_size = 4, .value_size = 8, .max_entries = 4};
}

TEST(checked_mode, a_null_pointer_read_is_a_trap) {
    auto trap = trap_of_run("r1 = 0\n r0 = *(u32 *)(r1 +4)\n exit");
    EXPECT_EQ(trap.kind, TrapKind::bad_access);
    EXPECT_EQ(trap.pc, 1u);
    EXPECT_EQ(trap.address, 4u);
    EXPECT_EQ(trap.size, 4u);
    EXPECT_FALSE(trap.write);
    EXPECT_EQ(trap.region, "");
}

TEST(checked_mode, running_off_the_stack_names_the_frame_and_offset) {
    auto trap = trap_of_run("call f\n exit\n f: *(u64 *)(r10 -520) = 0\n exit");
    EXPECT_EQ(trap.region, "stack of frame 1");
    EXPECT_EQ(trap.offset, -8);
    EXPECT_TRUE(trap.write);
}

TEST(checked_mode, the_frame_pointer_itself_is_outside_the_stack) {
    auto trap = trap_of_run("r0 = *(u8 *)(r10 +0)\n exit");
    EXPECT_EQ(trap.region, "stack of frame 0");
    EXPECT_EQ(trap.offset, 512);
}

TEST(checked_mode, the_stack_of_a_returned_frame_is_gone) {
    auto trap = trap_of_run("call f\n r0 = *(u64 *)(r0 -8)\n exit\n f: r0 = r10\n exit");
    EXPECT_EQ(trap.kind, TrapKind::bad_access);
    EXPECT_EQ(trap.region, "stack of frame 1");
}

TEST(checked_mode, an_access_that_straddles_the_end_is_a_trap) {
    EXPECT_EQ(trap_of_run("r0 = *(u64 *)(r1 +1)\n exit", {.context = Bytes(8)}).region, "context");
}

TEST(checked_mode, packet_reads_beyond_data_end_are_traps) {
    auto trap = trap_of_run("r2 = *(u32 *)(r1 +0)\n r0 = *(u8 *)(r2 +14)\n exit",
                            {.packet = Bytes(14)}, {}, ProgType::xdp);
    EXPECT_EQ(trap.region, "packet");
    EXPECT_EQ(trap.offset, 14);
}

TEST(checked_mode, read_only_data_cannot_be_written) {
    MapSpec rodata{.name = "test.rodata",
                   .type = MapType::array,
                   .key_size = 4,
                   .value_size = 4,
                   .max_entries = 1,
                   .map_flags = 1u << 7,
                   .section = ".rodata",
                   .contents = bytes_of({1, 2, 3, 4}),
                   .frozen = true};
    auto trap = trap_of_run("r1 = map[fd:0][0]+0\n *(u8 *)(r1 +0) = 1\n exit", {}, {rodata});
    EXPECT_EQ(trap.kind, TrapKind::bad_access);
    EXPECT_TRUE(trap.write);
    EXPECT_THAT(trap.region, HasSubstr("test.rodata"));
}

TEST(checked_mode, a_map_value_ends_at_its_size) {
    auto trap = trap_of_run(R"(
        *(u32 *)(r10 -4) = 1
        *(u64 *)(r10 -16) = 7
        r1 = map[fd:0]
        r2 = r10
        r2 += -4
        r3 = r10
        r3 += -16
        r4 = 0
        call 2
        r1 = map[fd:0]
        r2 = r10
        r2 += -4
        call 1
        r1 = *(u64 *)(r0 +0)
        r0 = *(u64 *)(r0 +8)
        exit)",
                            {}, {hash()});
    EXPECT_EQ(trap.pc, 16u);
    EXPECT_THAT(trap.region, HasSubstr("hash"));
    EXPECT_EQ(trap.offset, 8);
}

TEST(checked_mode, a_helper_gets_only_readable_keys) {
    auto trap = trap_of_run("r1 = map[fd:0]\n r2 = 64\n call 1\n exit", {}, {hash()});
    EXPECT_EQ(trap.kind, TrapKind::bad_argument);
    EXPECT_THAT(trap.reason, HasSubstr("bpf_map_lookup_elem: argument 2"));
}

TEST(checked_mode, a_helper_gets_only_maps) {
    auto trap = trap_of_run("r1 = r10\n r2 = r10\n r2 += -8\n call 1\n exit");
    EXPECT_THAT(trap.reason, HasSubstr("argument 1"));
    EXPECT_THAT(trap.reason, HasSubstr("not a map"));
}

TEST(checked_mode, a_callback_must_be_a_function) {
    auto trap = trap_of_run("r1 = 1\n r2 = 4096\n r3 = 0\n r4 = 0\n call 181\n exit");
    EXPECT_EQ(trap.kind, TrapKind::bad_argument);
}

TEST(checked_mode, a_helper_of_another_program_type_is_refused) {
    auto trap = trap_of_run("r2 = 0\n call 44\n exit", {}, {}, ProgType::kprobe);
    EXPECT_THAT(trap.reason, HasSubstr("not available to kprobe"));
}

TEST(checked_mode, atomics_are_aligned) {
    auto trap = trap_of_run("r1 = 1\n lock *(u64 *)(r10 -12) += r1\n exit");
    EXPECT_THAT(trap.reason, HasSubstr("not aligned"));
}

TEST(checked_mode, a_trap_inside_a_callback_names_the_callbacks_instruction) {
    auto trap = trap_of_run(
        "r1 = 1\n r2 = subprog[pc+6]\n r3 = 0\n r4 = 0\n call 181\n exit\n exit\n r0 = *(u8 *)(r2 "
        "+0)\n exit");
    EXPECT_EQ(trap.pc, 8u);
}

TEST(checked_mode, a_forgotten_ring_buffer_record_is_a_trap) {
    MapSpec ring{.name = "ring", .type = MapType::ringbuf, .max_entries = 4096};
    auto trap =
        trap_of_run("r1 = map[fd:0]\n r2 = 8\n r3 = 0\n call 131\n r0 = 0\n exit", {}, {ring});
    EXPECT_EQ(trap.kind, TrapKind::helper);
    EXPECT_THAT(trap.reason, HasSubstr("neither submitted nor discarded"));
}

TEST(checked_mode, a_socket_that_is_kept_is_a_trap) {
    Network network = Network::loopback();
    network.sockets.push_back({.name = "any", .protocol = 17, .state = 7, .netns_cookie = 1});
    network.sockets.back().local_port = 0x100;
    RunInput input;
    input.world.network = std::make_shared<const Network>(std::move(network));
    auto trap = trap_of_run(
        "r6 = 1\n *(u64 *)(r10 -16) = r6\n r6 = 0x00010000\n *(u32 *)(r10 -8) = r6\n r2 = r10\n "
        "r2 += -16\n r3 = 12\n r4 = -1\n r5 = 0\n call 85\n r0 = 0\n exit",
        input, {}, ProgType::xdp);
    EXPECT_THAT(trap.reason, HasSubstr("not released"));
}

TEST(checked_mode, a_record_of_no_bytes_can_be_submitted) {
    MapSpec ring{.name = "ring", .type = MapType::ringbuf, .max_entries = 4096};
    const auto program = assembled(
        "r1 = map[fd:0]\n r2 = 0\n r3 = 0\n call 131\n if r0 == 0 goto +3\n r1 = r0\n r2 = 0\n"
        " call 132\n r0 = 0\n exit",
        ProgType::unspec);
    EXPECT_FALSE(run_first(checked_interpreter, object_of({program}, {ring}), {}).trap);
}

TEST(checked_mode, a_trap_describes_itself) {
    auto text = trap_of_run("r0 = *(u32 *)(r10 -516)\n exit").describe();
    EXPECT_THAT(text, HasSubstr("bad access: read of 4 bytes"));
    EXPECT_THAT(text, HasSubstr("at insn 0 of prog"));
    EXPECT_THAT(text, HasSubstr("stack of frame 0 offset -4"));
}

}  // namespace
}  // namespace bpftwin::test
