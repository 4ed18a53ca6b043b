// Loads through pointers that lead nowhere, in program types that get such pointers.
#include "fmt/format.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "isa/encode.h"
#include "isa/op.h"
#include "tests/support/programs.h"

namespace bpftwin::test {
namespace {

/// Every engine that sees bad loads. The fast interpreter does not.
std::vector<EngineCase> watchful_engines() {
    auto engines = engine_cases();
    std::erase_if(engines, [](const EngineCase& one) { return one.name == "interp_fast"; });
    return engines;
}

class probe_memory : public testing::TestWithParam<EngineCase> {
protected:
    static RunResult run(const ProgramSpec& program, std::vector<MapSpec> maps = {}) {
        return run_first(GetParam(), object_of({program}, std::move(maps)));
    }
    static RunResult run(std::string_view text, ProgType type = ProgType::tracing) {
        return run(assembled(text, type));
    }
};
INSTANTIATE_TEST_SUITE_P(engines, probe_memory, testing::ValuesIn(watchful_engines()),
                         [](const auto& tested) { return tested.param.name; });

constexpr auto null_read = "r1 = 0\n r0 = 7\n r0 = *(u64 *)(r1 +16)\n r0 += 5\n exit";

TEST_P(probe_memory, loads_of_nothing_read_0_in_types_with_btf_pointers) {
    for (const ProgType type : {ProgType::tracing, ProgType::lsm, ProgType::struct_ops,
                                ProgType::raw_tracepoint, ProgType::raw_tracepoint_writable}) {
        const auto result = run(null_read, type);
        EXPECT_FALSE(result.trap) << name_of(type) << result.trap->describe();
        EXPECT_EQ(result.return_value, 5u) << name_of(type);
    }
}

TEST_P(probe_memory, memory_of_a_kernel_variable_is_nothing_and_named) {
    constexpr auto read_variable = "r1 = btf_id 7\n r0 = *(u32 *)(r1 +4)\n exit";
    auto program = assembled(read_variable, ProgType::sched_cls);
    program.externs.push_back(
        {.insn = 0, .index = 0, .name = "runqueues", .state = ExternState::resolved});
    const auto result = run(program);
    ASSERT_TRUE(result.trap);
    EXPECT_THAT(result.trap->describe(), testing::HasSubstr("kernel symbol runqueues"));
    EXPECT_EQ(result.trap->offset, 4);
    EXPECT_EQ(run(read_variable).return_value, 0U);
}

TEST_P(probe_memory, loads_of_nothing_are_traps_in_other_types) {
    for (const ProgType type : {ProgType::xdp, ProgType::sched_cls, ProgType::kprobe,
                                ProgType::tracepoint, ProgType::unspec})
        EXPECT_TRUE(run(null_read, type).trap) << name_of(type);
}

TEST_P(probe_memory, every_load_reads_0_into_every_register) {
    for (const OpInfo& row : op_table) {
        if (row.family != Family::ldx && row.family != Family::ldxsx) continue;
        for (std::uint8_t dst = 0; dst <= 9; ++dst) {
            const std::uint8_t base = dst == 5 ? 4 : 5;
            auto program =
                assembled(fmt::format("r{} = 64\n r{} = -1\n r0 = r{}\n exit", base, dst, dst),
                          ProgType::tracing);
            program.insns.insert(program.insns.begin() + 2,
                                 insn(row.op, {.dst = dst, .src = base, .off = 8}));
            const auto result = run(program);
            ASSERT_FALSE(result.trap) << row.name << result.trap->describe();
            EXPECT_EQ(result.return_value, 0u) << row.name << " to r" << int{dst};
        }
    }
}

TEST_P(probe_memory, other_registers_keep_their_values) {
    const auto result = run(R"(
        r1 = 1
        r2 = 2
        r3 = 4
        r4 = 8
        r5 = 16
        r6 = 32
        r7 = 64
        r8 = 128
        r9 = 0
        r0 = *(u32 *)(r9 +0)
        r0 += r1
        r0 += r2
        r0 += r3
        r0 += r4
        r0 += r5
        r0 += r6
        r0 += r7
        r0 += r8
        exit)");
    EXPECT_EQ(result.return_value, 255u);
}

TEST_P(probe_memory, a_chain_of_pointers_ends_in_0) {
    EXPECT_EQ(run(R"(
        r1 = *(u64 *)(r1 +0)
        r1 = *(u64 *)(r1 +8)
        r1 = *(u64 *)(r1 +16)
        r0 = *(s32 *)(r1 +24)
        exit)")
                  .return_value,
              0u);
}

TEST_P(probe_memory, an_address_that_no_memory_has_reads_0) {
    const auto result = run("r1 = 0xdead000000000000 ll\n r0 = *(u8 *)(r1 +0)\n exit");
    EXPECT_FALSE(result.trap);
    EXPECT_EQ(result.return_value, 0u);
}

TEST_P(probe_memory, folded_loads_read_0_too) {
    const auto result = run(R"(
        r1 = 256
        r2 = 4
        r2 <<= 3
        r1 += r2
        r1 += 8
        r3 = *(u32 *)(r1 +4)
        r3 = be32 r3
        r0 = r3
        r0 += 1
        exit)");
    EXPECT_EQ(result.return_value, 1u);
}

TEST_P(probe_memory, a_loop_of_bad_loads_ends) {
    const auto result = run(R"(
        r1 = 100
        r2 = 0
        r0 = 0
        again: r3 = *(u8 *)(r2 +0)
        r0 += r3
        r0 += 1
        r1 += -1
        if r1 != 0 goto again
        exit)");
    EXPECT_EQ(result.return_value, 100u);
}

TEST_P(probe_memory, the_first_load_of_a_function_and_of_a_callback_reads_0) {
    const auto result = run(R"(
        r1 = 0
        call f
        r6 = r0
        r1 = 1
        r2 = subprog[g]
        r3 = 0
        r4 = 0
        call 181
        r0 += r6
        exit
        f: r0 = *(u8 *)(r1 +0)
        r0 += 10
        exit
        g: r0 = *(u64 *)(r2 +0)
        exit)");
    EXPECT_FALSE(result.trap) << result.trap->describe();
    EXPECT_EQ(result.return_value, 11u);
}

TEST_P(probe_memory, what_is_no_plain_load_is_a_trap) {
    for (const OpInfo& row : op_table) {
        const bool store = row.family == Family::st || row.family == Family::stx ||
                           row.family == Family::store_release || row.family == Family::atomic;
        if (!store && row.family != Family::load_acquire) continue;
        const std::uint8_t other = row.family == Family::st ? 0 : 2;
        auto program = assembled("r1 = 64\n r2 = 1\n r0 = 0\n exit", ProgType::tracing);
        program.insns.insert(program.insns.begin() + 3, store
                                                            ? insn(row.op, {.dst = 1, .src = other})
                                                            : insn(row.op, {.dst = 2, .src = 1}));
        const auto result = run(program);
        ASSERT_TRUE(result.trap) << row.name;
        EXPECT_EQ(result.trap->pc, 3u) << row.name;
    }
}

TEST_P(probe_memory, a_helper_with_a_bad_address_is_a_trap) {
    const MapSpec map{
        .name = "map", .type = MapType::hash, .key_size = 4, .value_size = 8, .max_entries = 1};
    const auto result = run(
        assembled("r1 = map[fd:0]\n r2 = 64\n call 1\n r0 = 0\n exit", ProgType::tracing), {map});
    ASSERT_TRUE(result.trap);
    EXPECT_EQ(result.trap->kind, TrapKind::bad_argument);
}

TEST(probe_memory_checked, loads_near_memory_of_the_program_are_overruns) {
    const EngineCase checked{"interp_checked", make_interpreter, {.safety = Safety::checked}};
    for (const auto* text : {"r0 = *(u8 *)(r10 +0)\n exit", "r0 = *(u64 *)(r10 -520)\n exit",
                             "r0 = *(u64 *)(r1 +96)\n exit", "r0 = *(u64 *)(r1 -8)\n exit"}) {
        const auto trap = run_first(checked, object_of({assembled(text, ProgType::tracing)})).trap;
        ASSERT_TRUE(trap) << text;
        EXPECT_NE(trap->region, "") << text;
    }
}

}  // namespace
}  // namespace bpftwin::test
