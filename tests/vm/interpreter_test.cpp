// What every engine promises about control flow, frames, calls and counting.
#include <thread>

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/support/programs.h"

namespace bpftwin::test {
namespace {

using testing::HasSubstr;

class execution : public testing::TestWithParam<EngineCase> {
protected:
    RunResult run(std::string_view text, RunInput input = {}, std::vector<MapSpec> maps = {}) {
        return run_first(GetParam(), object_of({assembled(text)}, std::move(maps)),
                         std::move(input));
    }
};
INSTANTIATE_TEST_SUITE_P(engines, execution, testing::ValuesIn(engine_cases()),
                         [](const auto& engine) { return engine.param.name; });

TEST_P(execution, returns_r0) {
    auto result = run("r0 = 42\n exit");
    EXPECT_FALSE(result.trap);
    EXPECT_EQ(result.return_value, 42u);
}

TEST_P(execution, passes_context_address_and_size) {
    auto result = run("r0 = *(u8 *)(r1 +1)\n r0 += r2\n exit", {.context = bytes_of({1, 2, 3})});
    EXPECT_EQ(result.return_value, 5u);
}

TEST_P(execution, context_writes_are_in_the_result) {
    auto result = run("*(u8 *)(r1 +0) = 7\n r0 = 0\n exit", {.context = bytes_of({1, 2})});
    EXPECT_EQ(result.context, bytes_of({7, 2}));
}

TEST_P(execution, each_frame_has_its_own_stack) {
    auto result = run(R"(
        *(u64 *)(r10 -8) = 1
        call inner
        r0 = *(u64 *)(r10 -8)
        exit
      inner:
        *(u64 *)(r10 -8) = 2
        *(u64 *)(r10 -512) = 2
        exit)");
    EXPECT_EQ(result.return_value, 1u);
}

TEST_P(execution, a_callee_reaches_its_callers_stack_by_pointer) {
    auto result = run(R"(
        r1 = r10
        r1 += -8
        call inner
        r0 = *(u64 *)(r10 -8)
        exit
      inner:
        *(u64 *)(r1 +0) = 9
        exit)");
    EXPECT_EQ(result.return_value, 9u);
}

TEST_P(execution, calls_keep_r6_to_r9) {
    auto result = run(R"(
        r6 = 1
        r7 = 2
        r8 = 4
        r9 = 8
        call inner
        r0 = r6
        r0 += r7
        r0 += r8
        r0 += r9
        exit
      inner:
        r6 = 100
        r7 = 100
        r8 = 100
        r9 = 100
        exit)");
    EXPECT_EQ(result.return_value, 15u);
}

/// A function that calls itself until r1 is 1.
constexpr auto recursion = R"(
        call down
        exit
      down:
        r0 = 1
        if r1 == 1 goto done
        r1 += -1
        call down
        r0 += 1
      done:
        exit)";

TEST_P(execution, eight_frames_are_allowed) {
    auto result = run(std::string("r1 = 7\n") + recursion);
    EXPECT_FALSE(result.trap);
    EXPECT_EQ(result.return_value, 7u);
}

TEST_P(execution, a_ninth_frame_is_a_trap) {
    auto result = run(std::string("r1 = 8\n") + recursion);
    ASSERT_TRUE(result.trap);
    EXPECT_EQ(result.trap->kind, TrapKind::call_depth);
}

TEST_P(execution, instructions_are_counted_exactly) {
    if (!GetParam().counts_insns) GTEST_SKIP() << "the JIT does not count instructions";
    EXPECT_EQ(run("r0 = 1 ll\n exit").insns, 2u);
    EXPECT_EQ(run("r1 = 3\n l: r1 += -1\n if r1 != 0 goto l\n r0 = 0\n exit").insns, 9u);
    EXPECT_EQ(run("call f\n r0 = 0\n exit\n f: r0 = 1\n exit").insns, 5u);
}

TEST_P(execution, an_endless_loop_uses_up_its_budget) {
    if (!GetParam().options.metered) GTEST_SKIP() << "no budget without metering";
    auto result = run("l: goto l", {.budget = 1000});
    ASSERT_TRUE(result.trap);
    EXPECT_EQ(result.trap->kind, TrapKind::budget);
    if (!GetParam().counts_insns) return;
    EXPECT_GE(result.insns, 1000u);
    EXPECT_LE(result.insns, 1002u);
}

TEST_P(execution, the_largest_budget_is_no_budget) {
    auto result = run("r0 = 3\n exit", {.budget = ~std::uint64_t{0}});
    EXPECT_FALSE(result.trap);
    EXPECT_EQ(result.return_value, 3u);
}

TEST_P(execution, an_endless_recursion_of_calls_and_jumps_uses_up_its_budget) {
    if (!GetParam().options.metered) GTEST_SKIP() << "no budget without metering";
    auto result = run("l: call f\n goto l\n f: exit", {.budget = 1000});
    ASSERT_TRUE(result.trap);
    EXPECT_EQ(result.trap->kind, TrapKind::budget);
}

TEST_P(execution, may_goto_ends_a_loop_after_8_million_rounds) {
    auto result = run("r0 = 0\n l: may_goto out\n r0 += 1\n goto l\n out: exit",
                      {.budget = std::uint64_t{1} << 40});
    EXPECT_EQ(result.return_value, 8u * 1024 * 1024);
}

TEST_P(execution, a_jump_over_a_32_bit_move_leaves_the_upper_half) {
    auto result = run(R"(
        r1 = 0x100000002 ll
        r2 = 0x300000004 ll
        r0 = r1
        if r2 > 5 goto l
        w0 = w2
      l:
        exit)");
    EXPECT_EQ(result.return_value, 0x100000002u);
}

TEST_P(execution, callx_calls_a_function_by_its_address) {
    auto result = run("r2 = subprog[pc+4]\n callx r2\n r0 += 1\n exit\n r0 = 5\n exit");
    EXPECT_EQ(result.return_value, 6u);
}

TEST_P(execution, bpf_loop_calls_back_with_index_and_context) {
    auto result = run(R"(
        *(u64 *)(r10 -8) = 0
        r1 = 10
        r2 = subprog[pc+8]
        r3 = r10
        r3 += -8
        r4 = 0
        call 181
        r1 = *(u64 *)(r10 -8)
        r0 += r1
        exit
        r3 = *(u64 *)(r2 +0)
        r3 += r1
        *(u64 *)(r2 +0) = r3
        r0 = 0
        exit)");
    EXPECT_FALSE(result.trap) << result.trap->describe();
    EXPECT_EQ(result.return_value, 10u + 45);
}

MapSpec prog_array(std::vector<MapSlot> slots) {
    return {.name = "progs",
            .type = MapType::prog_array,
            .key_size = 4,
            .value_size = 4,
            .max_entries = 4,
            .slots = std::move(slots)};
}

/// Counts in the context and calls itself.
constexpr auto tail_recursion = R"(
        r6 = r1
        r2 = *(u64 *)(r6 +0)
        r2 += 1
        *(u64 *)(r6 +0) = r2
        r2 = map[fd:0]
        r3 = 1
        call 12
        r0 = *(u64 *)(r6 +0)
        exit)";

TEST_P(execution, tail_calls_end_after_33) {
    auto result = run(tail_recursion, {.context = Bytes(8)}, {prog_array({{1, "prog"}})});
    EXPECT_FALSE(result.trap) << result.trap->describe();
    EXPECT_EQ(result.return_value, 34u);
}

TEST_P(execution, a_tail_call_to_an_empty_slot_goes_on) {
    auto result = run(tail_recursion, {.context = Bytes(8)}, {prog_array({})});
    EXPECT_EQ(result.return_value, 1u);
}

TEST_P(execution, a_tail_call_in_a_function_returns_to_its_caller) {
    auto object = object_of(
        {assembled(
             "call f\n r0 += 1\n exit\n f: r2 = map[fd:0]\n r3 = 1\n call 12\n r0 = 0\n exit"),
         assembled("r0 = 10\n exit", ProgType::unspec, "other")},
        {prog_array({{1, "other"}})});
    EXPECT_EQ(run_first(GetParam(), object, {.context = Bytes(8)}).return_value, 11u);
}

TEST_P(execution, repeated_runs_start_from_the_same_context) {
    auto result = run("r0 = *(u8 *)(r1 +0)\n r0 += 1\n *(u8 *)(r1 +0) = r0\n exit",
                      {.context = bytes_of({4}), .repeat = 3});
    EXPECT_EQ(result.return_value, 5u);
    EXPECT_EQ(result.context, bytes_of({5}));
}

TEST_P(execution, repetitions_end_when_cancelled) {
    int asked = 0;
    auto result = run("r0 = 0\n exit", {.repeat = 1000, .cancelled = [&] { return ++asked == 3; }});
    EXPECT_EQ(asked, 3);
    EXPECT_FALSE(result.trap);
}

TEST_P(execution, a_packet_load_outside_the_packet_returns_0) {
    auto program = assembled("r6 = r1\n r0 = *(u8 *)skb[2]\n r0 = *(u16 *)skb[13]\n r0 += 1\n exit",
                             ProgType::sched_cls);
    RunInput input{.packet = Bytes(14, std::byte{1})};
    EXPECT_EQ(run_first(GetParam(), object_of({program}), input).return_value, 0u);
}

TEST_P(execution, a_packet_load_is_big_endian) {
    auto program = assembled("r6 = r1\n r0 = *(u16 *)skb[12]\n exit", ProgType::sched_cls);
    RunInput input{.packet = bytes_of({0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0x86, 0xdd})};
    EXPECT_EQ(run_first(GetParam(), object_of({program}), input).return_value, 0x86ddu);
}

TEST_P(execution, global_data_is_read_and_written) {
    MapSpec data{.name = "test.data",
                 .type = MapType::array,
                 .key_size = 4,
                 .value_size = 8,
                 .max_entries = 1,
                 .section = ".data",
                 .contents = bytes_of({1, 0, 0, 0, 2, 0, 0, 0})};
    auto result =
        run("r1 = map[fd:0][0]+4\n r0 = *(u32 *)(r1 +0)\n *(u32 *)(r1 +0) = 3\n exit", {}, {data});
    EXPECT_EQ(result.return_value, 2u);
    EXPECT_EQ(result.maps.at(0).entries.at(0).values.at(0), bytes_of({1, 0, 0, 0, 3, 0, 0, 0}));
}

TEST_P(execution, a_perf_event_array_without_a_size_has_a_slot_for_each_cpu) {
    MapSpec perf{.name = "perf", .type = MapType::perf_event_array, .key_size = 4, .value_size = 4};
    auto result = run(R"(
        *(u64 *)(r10 -8) = 7
        r2 = map[fd:0]
        w3 = -1
        r4 = r10
        r4 += -8
        r5 = 8
        call 25
        exit)",
                      {.context = Bytes(8)}, {perf});
    ASSERT_FALSE(result.trap) << result.trap->describe();
    EXPECT_EQ(result.return_value, 0u);
    ASSERT_EQ(result.events.size(), 1u);
    EXPECT_EQ(result.events[0].data, bytes_of({7, 0, 0, 0, 0, 0, 0, 0}));
}

TEST_P(execution, an_unknown_helper_is_a_trap_that_names_it) {
    auto result = run("call 9999\n exit");
    ASSERT_TRUE(result.trap);
    EXPECT_EQ(result.trap->kind, TrapKind::bad_call);
    EXPECT_THAT(result.trap->reason, HasSubstr("9999"));
}

TEST_P(execution, running_past_the_end_is_a_trap) {
    auto result = run("r0 = 0\n r0 = 1");
    ASSERT_TRUE(result.trap);
    EXPECT_EQ(result.trap->kind, TrapKind::bad_instruction);
    EXPECT_EQ(result.trap->pc, 2u);
}

TEST_P(execution, invalid_instructions_are_refused_before_the_run) {
    auto program = assembled("r0 = 0\n exit");
    program.insns[0].code = 0xff;
    auto result = instantiated(GetParam(), object_of({program}))->run("prog", {});
    ASSERT_FALSE(result);
    EXPECT_THAT(result.error().message, HasSubstr("insn 0"));
}

TEST_P(execution, unresolved_references_are_refused_by_name) {
    auto program = assembled("r0 = 0\n exit");
    program.externs.push_back({.insn = 0, .index = 0, .name = "CONFIG_HZ"});
    auto result = instantiated(GetParam(), object_of({program}))->run("prog", {});
    ASSERT_FALSE(result);
    EXPECT_THAT(result.error().message, HasSubstr("CONFIG_HZ"));
}

TEST_P(execution, a_kernel_function_is_named_when_it_is_called) {
    auto program = assembled("r1 = 1\n call kernel-function#7\n r0 = 0\n exit");
    program.externs.push_back(
        {.insn = 1, .index = 0, .name = "bpf_something", .state = ExternState::resolved});
    const auto result = run_first(GetParam(), object_of({program}), {});
    ASSERT_TRUE(result.trap);
    EXPECT_EQ(result.trap->kind, TrapKind::bad_call);
    EXPECT_EQ(result.trap->reason, "kernel function bpf_something cannot be called here");
}

TEST_P(execution, a_kernel_function_that_was_not_found_says_so_when_it_is_called) {
    auto program = assembled("call 2002000003\n r0 = 0\n exit");
    program.externs.push_back({.insn = 0,
                               .index = 3,
                               .name = "bpf_something",
                               .state = ExternState::absent,
                               .why = "6.1 has no such function"});
    const auto result = run_first(GetParam(), object_of({program}), {});
    ASSERT_TRUE(result.trap);
    EXPECT_EQ(result.trap->reason, "kernel function bpf_something: 6.1 has no such function");
}

TEST_P(execution, maps_that_only_a_kernel_knows_are_refused_by_descriptor) {
    auto program = assembled("r1 = map[fd:7]\n r0 = 0\n exit");
    program.unnamed_maps.push_back(0);
    auto result = instantiated(GetParam(), object_of({program}))->run("prog", {});
    ASSERT_FALSE(result);
    EXPECT_THAT(result.error().message, HasSubstr("insn 0: loads the map of descriptor 7"));
}

TEST_P(execution, two_instances_in_two_threads_do_not_disturb_each_other) {
    MapSpec counter{.name = "counter",
                    .type = MapType::array,
                    .key_size = 4,
                    .value_size = 8,
                    .max_entries = 1};
    auto object = object_of({assembled(R"(
        r1 = map[fd:0][0]+0
        r2 = *(u64 *)(r1 +0)
        r2 += 1
        *(u64 *)(r1 +0) = r2
        r0 = r2
        exit)")},
                            {counter});
    std::uint64_t last[2] = {0, 0};
    auto work = [&](unsigned thread) {
        auto instance = instantiated(GetParam(), object);
        last[thread] = instance->run("prog", {.repeat = 1000})->return_value;
    };
    std::thread first(work, 0), second(work, 1);
    first.join();
    second.join();
    EXPECT_EQ(last[0], 1000u);
    EXPECT_EQ(last[1], 1000u);
}

}  // namespace
}  // namespace bpftwin::test
