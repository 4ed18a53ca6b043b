// Jumps and calls at their limits, on every engine: far, back to the beginning, deep, and many.
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "isa/builder.h"
#include "tests/support/programs.h"

namespace bpftwin::test {
namespace {

using namespace build;

class control_flow : public testing::TestWithParam<EngineCase> {
protected:
    RunResult run(std::vector<Insn> insns, RunInput input = {}) {
        auto result = run_first(
            GetParam(), object_of({{.name = "prog", .insns = std::move(insns)}}), std::move(input));
        EXPECT_FALSE(result.trap) << result.trap->describe();
        return result;
    }
    std::uint64_t run_text(std::string_view text, RunInput input = {.context = Bytes(16)}) {
        return run(assembled(text).insns, std::move(input)).return_value;
    }
};
INSTANTIATE_TEST_SUITE_P(engines, control_flow, testing::ValuesIn(engine_cases()),
                         [](const auto& engine) { return engine.param.name; });

// --- Back to the very first instruction.

TEST_P(control_flow, a_conditional_jump_leads_to_instruction_0) {
    EXPECT_EQ(run_text(R"(
        begin:
        r2 = *(u64 *)(r1 +0)
        r2 += 1
        *(u64 *)(r1 +0) = r2
        if r2 != 5 goto begin
        r0 = r2
        exit)"),
              5u);
}

TEST_P(control_flow, an_unconditional_jump_leads_to_instruction_0) {
    for (const char* jump : {"goto", "gotol"})
        EXPECT_EQ(run_text(std::string(R"(
            begin:
            r2 = *(u64 *)(r1 +0)
            r0 = r2
            if r2 == 5 goto out
            r2 += 1
            *(u64 *)(r1 +0) = r2
            )") + jump + R"( begin
            out:
            exit)"),
                  5u);
}

TEST_P(control_flow, a_call_leads_to_instruction_0) {
    EXPECT_EQ(run_text(R"(
        begin:
        r6 = r1
        r2 = *(u64 *)(r6 +0)
        r0 = 0
        if r2 == 5 goto out
        r2 += 1
        *(u64 *)(r6 +0) = r2
        r1 = r6
        call begin
        r1 = *(u64 *)(r6 +8)
        r1 += 1
        *(u64 *)(r6 +8) = r1
        r0 += 10
        out:
        exit)"),
              50u);
}

TEST_P(control_flow, a_program_may_begin_with_a_jump) {
    EXPECT_EQ(run_text("goto on\n back: r0 = 3\n exit\n on: goto back"), 3u);
    EXPECT_EQ(run_text("gotol on\n back: r0 = 3\n exit\n on: gotol back"), 3u);
}

TEST_P(control_flow, a_jump_to_the_next_instruction_changes_nothing) {
    EXPECT_EQ(run_text("r0 = 1\n goto +0\n if r0 == 1 goto +0\n if r0 != 1 goto +0\n exit"), 1u);
}

TEST_P(control_flow, a_loop_may_be_entered_in_its_middle) {
    EXPECT_EQ(run_text(R"(
        r0 = 0
        r1 = 3
        goto middle
        head:
        r0 += 100
        middle:
        r0 += 1
        r1 += -1
        if r1 != 0 goto head
        exit)"),
              203u);
}

// --- Far.

/// `count` instructions that each add 1 to r0.
void add_ones(std::vector<Item>& items, std::size_t count) {
    items.insert(items.end(), count, add(r0, 1));
}

TEST_P(control_flow, conditional_jumps_reach_32767_up_and_32768_down) {
    std::vector<Item> items{mov(r0, 0), mov(r1, 0), jeq(r1, 0, "far"), build::label("back")};
    add_ones(items, 10);
    items.push_back(build::exit());
    add_ones(items, 32767 - 11);
    items.push_back(build::label("far"));
    items.push_back(jne(r1, 1, "back"));
    const auto insns = program(items);
    ASSERT_EQ(insns[2].off, 32767);
    ASSERT_EQ(insns.back().off, -32768);
    EXPECT_EQ(run(insns).return_value, 10u);
}

TEST_P(control_flow, gotol_reaches_over_200000_instructions_both_ways) {
    std::vector<Item> items{mov(r0, 0), gotol("far"), build::label("back")};
    add_ones(items, 5);
    items.push_back(build::exit());
    add_ones(items, 200'000);
    items.push_back(build::label("far"));
    items.push_back(add(r0, 1000));
    items.push_back(gotol("back"));
    EXPECT_EQ(run(program(items)).return_value, 1005u);
}

/// Leaps of up to 30000 instructions, conditional and not, that lead once up through the whole
/// program and once down again, with work at each stop.
std::vector<Item> leaps(unsigned stops, std::size_t distance) {
    const auto up = [](unsigned i) { return "up" + std::to_string(i); };
    const auto down = [](unsigned i) { return "down" + std::to_string(i); };
    std::vector<Item> items{mov(r0, 0), mov(r1, 1), ja(up(0))};
    for (unsigned i = 0; i < stops; ++i) {
        const bool last = i + 1 == stops;
        items.push_back(build::label(up(i)));
        items.push_back(add(r0, 1));
        items.push_back(last ? ja(down(i)) : i % 2 == 0 ? jeq(r1, 1, up(i + 1)) : ja(up(i + 1)));
        items.push_back(build::label(down(i)));
        items.push_back(add(r0, 1000));
        if (i == 0)
            items.push_back(build::exit());
        else
            items.push_back(i % 2 == 0 ? jne32(r1, 0, down(i - 1)) : ja(down(i - 1)));
        if (!last) add_ones(items, distance);
    }
    return items;
}

TEST_P(control_flow, jumps_lead_through_more_than_100000_instructions_and_back) {
    auto insns = program(leaps(5, 30'000));
    ASSERT_GT(insns.size(), 100'000u);
    EXPECT_EQ(run(insns).return_value, 5u * 1001);
}

TEST_P(control_flow, a_call_reaches_over_200000_instructions) {
    std::vector<Item> items{mov(r0, 0), call_local("far"), add(r0, 1), build::exit()};
    add_ones(items, 200'000);
    items.push_back(build::exit());
    items.insert(items.end(), {build::label("near"), mov(r0, 7), build::exit(), build::label("far"),
                               call_local("near"), add(r0, 100), build::exit()});
    EXPECT_EQ(run(program(items)).return_value, 108u);
}

TEST_P(control_flow, a_million_instructions_are_executed) {
    std::vector<Item> items{mov(r0, 0)};
    add_ones(items, 1'000'000);
    items.push_back(build::exit());
    EXPECT_EQ(run(program(items)).return_value, 1'000'000u);
}

TEST_P(control_flow, a_million_instructions_of_branches_are_executed) {
    std::vector<Insn> insns{mov(r0, 0), mov(r1, 5)};
    for (unsigned i = 0; i < 250'000; ++i)
        insns.insert(insns.end(), {jne(r1, 5, 2), add(r0, 1), xor_(r1, 0), jlt(r1, 5, -4)});
    insns.push_back(build::exit());
    EXPECT_EQ(run(insns).return_value, 250'000u);
}

// --- Deep.

TEST_P(control_flow, every_slot_of_every_frame_is_its_own) {
    // Each of 8 frames fills its 512 bytes with numbers of its own and, after the frame above has
    // done so, adds them up.
    std::vector<Item> items{mov(r1, 8), call_local("fill"), build::exit(), build::label("fill"),
                            mov(r6, r1)};
    for (std::int16_t offset = -512; offset < 0; offset = static_cast<std::int16_t>(offset + 8))
        items.push_back(stxdw(r10, offset, r6));
    items.insert(items.end(), {mov(r0, 0), jle(r6, 2, "deepest"), mov(r1, r6), sub(r1, 1),
                               call_local("fill"), build::label("deepest")});
    for (std::int16_t offset = -512; offset < 0; offset = static_cast<std::int16_t>(offset + 8)) {
        items.push_back(ldxdw(r1, r10, offset));
        items.push_back(add(r0, r1));
    }
    items.push_back(build::exit());
    EXPECT_EQ(run(program(items)).return_value, 64u * (8 + 7 + 6 + 5 + 4 + 3 + 2));
}

TEST_P(control_flow, the_far_end_of_the_stack_is_reached_by_every_width) {
    EXPECT_EQ(run_text(R"(
        *(u64 *)(r10 -512) = -1
        *(u8 *)(r10 -512) = 1
        *(u16 *)(r10 -510) = 2
        *(u32 *)(r10 -508) = 3
        r0 = *(u64 *)(r10 -512)
        exit)"),
              0x000000030002ff01u);
}

TEST_P(control_flow, arguments_and_saved_registers_survive_eight_frames) {
    EXPECT_EQ(run_text(R"(
        r1 = 7
        r2 = 2
        r3 = 3
        r4 = 4
        r5 = 5
        call down
        exit
        down:
        r6 = r1
        r7 = r2
        r7 += r3
        r8 = r4
        r9 = r5
        r0 = 0
        if r1 == 1 goto out
        r1 += -1
        call down
        out:
        r0 += r6
        r0 += r7
        r0 += r8
        r0 += r9
        exit)"),
              7u + 6 + 5 + 4 + 3 + 2 + 1 + 7 * (5 + 4 + 5));
}

// --- Tail calls.

MapSpec programs_map(std::vector<MapSlot> slots) {
    return {.name = "progs",
            .type = MapType::prog_array,
            .key_size = 4,
            .value_size = 4,
            .max_entries = 4,
            .slots = std::move(slots)};
}

/// Counts in the context's first word and goes on to the program at `slot`.
std::string counting(std::string_view slot) {
    return R"(
        r6 = r1
        r2 = *(u64 *)(r6 +0)
        r2 += 1
        *(u64 *)(r6 +0) = r2
        r2 = map[fd:0]
        r3 = )" +
           std::string(slot) + R"(
        call 12
        r0 = *(u64 *)(r6 +0)
        exit)";
}

TEST_P(control_flow, two_programs_share_33_tail_calls) {
    const auto object = object_of({assembled(counting("1"), ProgType::unspec, "ping"),
                                   assembled(counting("0"), ProgType::unspec, "pong")},
                                  {programs_map({{0, "ping"}, {1, "pong"}})});
    EXPECT_EQ(run_first(GetParam(), object, {.context = Bytes(8)}).return_value, 34u);
}

TEST_P(control_flow, each_repetition_has_33_tail_calls_of_its_own) {
    const auto object = object_of({assembled(counting("0"), ProgType::unspec, "self")},
                                  {programs_map({{0, "self"}})});
    EXPECT_EQ(run_first(GetParam(), object, {.context = Bytes(8), .repeat = 3}).return_value, 34u);
}

TEST_P(control_flow, tail_calls_of_functions_count_for_the_whole_run) {
    // The program calls a function that tail-calls 20 times, then one that would do so again.
    const auto object = object_of({assembled(R"(
            r6 = r1
            call function
            r1 = r6
            call function
            r0 = *(u64 *)(r6 +0)
            exit
            function:
            r2 = map[fd:0]
            r3 = 0
            call 12
            r0 = 0
            exit)",
                                             ProgType::unspec, "main"),
                                   assembled(R"(
            r6 = r1
            r2 = *(u64 *)(r6 +0)
            r2 += 1
            *(u64 *)(r6 +0) = r2
            if r2 == 20 goto out
            r2 = map[fd:0]
            r3 = 0
            call 12
            out:
            r0 = 0
            exit)",
                                             ProgType::unspec, "count")},
                                  {programs_map({{0, "count"}})});
    EXPECT_EQ(run_first(GetParam(), object, {.context = Bytes(8)}).return_value, 33u);
}

TEST_P(control_flow, a_tail_call_uses_32_bits_of_its_index) {
    const auto object = object_of(
        {assembled("r2 = map[fd:0]\n r3 = 0xffffffff00000001 ll\n call 12\n r0 = 1\n exit",
                   ProgType::unspec, "main"),
         assembled("r0 = 2\n exit", ProgType::unspec, "other")},
        {programs_map({{1, "other"}})});
    EXPECT_EQ(run_first(GetParam(), object, {.context = Bytes(8)}).return_value, 2u);
}

TEST_P(control_flow, a_tail_call_beyond_the_map_goes_on) {
    for (const char* index : {"4", "-1", "0x7fffffff"}) {
        const auto object = object_of(
            {assembled(std::string("r2 = map[fd:0]\n r3 = ") + index + "\n call 12\n r0 = 1\n exit",
                       ProgType::unspec, "main")},
            {programs_map({{0, "main"}})});
        EXPECT_EQ(run_first(GetParam(), object, {.context = Bytes(8)}).return_value, 1u) << index;
    }
}

// --- Map values.

TEST_P(control_flow, a_large_map_value_is_reached_at_any_offset) {
    const MapSpec large{.name = "large",
                        .type = MapType::array,
                        .key_size = 4,
                        .value_size = 1 << 20,
                        .max_entries = 1};
    const auto object = object_of({assembled(R"(
        r1 = map[fd:0][0]+1048568
        *(u64 *)(r1 +0) = 1
        r1 = map[fd:0][0]+65536
        *(u64 *)(r1 -32768) = 2
        *(u64 *)(r1 +32760) = 3
        r1 = map[fd:0][0]+0
        r0 = *(u64 *)(r1 +32760)
        r2 = *(u64 *)(r1 +32760)
        r1 += 1048560
        r0 = *(u64 *)(r1 +8)
        r1 += -1015792
        r2 = *(u64 *)(r1 +0)
        r2 *= 10
        r0 += r2
        r1 += 65528
        r2 = *(u64 *)(r1 +0)
        r2 *= 100
        r0 += r2
        exit)")},
                                  {large});
    EXPECT_EQ(run_first(GetParam(), object, {.context = Bytes(8)}).return_value, 321u);
}

}  // namespace
}  // namespace bpftwin::test
