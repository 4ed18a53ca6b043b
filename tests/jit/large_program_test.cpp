// Programs so large that branches do not reach as far as usual.
#include "gtest/gtest.h"
#include "isa/builder.h"
#include "tests/support/programs.h"

namespace bpftwin::test {
namespace {

using namespace build;

constexpr std::int32_t get_smp_processor_id = 8;
/// The longest way that the 16 bits of a conditional jump lead.
constexpr std::size_t longest_jump = 32'000;

class large_program : public testing::TestWithParam<EngineCase> {
protected:
    static RunResult run(const std::vector<Item>& items, RunInput input = {}) {
        ProgramSpec program{.name = "large", .section = "test", .insns = build::program(items)};
        return run_first(GetParam(), object_of({std::move(program)}), std::move(input));
    }
};
INSTANTIATE_TEST_SUITE_P(engines, large_program, testing::ValuesIn(engine_cases()),
                         [](const auto& engine) { return engine.param.name; });

void append(std::vector<Item>& to, std::initializer_list<Item> items) {
    to.insert(to.end(), items.begin(), items.end());
}
void repeat(std::vector<Item>& to, std::size_t times, const Item& item) {
    to.insert(to.end(), times, item);
}

TEST_P(large_program, runs_every_instruction_once) {
    constexpr std::size_t count = 120'000;
    std::vector<Item> items = {mov(r0, 0)};
    repeat(items, count, add(r0, 1));
    append(items, {exit()});
    const auto result = run(items);
    EXPECT_EQ(result.return_value, count);
    EXPECT_FALSE(result.trap);
}

/// Jumps of all kinds over code that takes many bytes: forwards where nothing is known of its
/// size, and back.
TEST_P(large_program, jumps_across_itself) {
    std::vector<Item> items = {mov(r0, 0), mov(r6, 0), build::label("again"), add(r6, 1)};
    std::int32_t sign = 1;
    const auto across = [&](const Item& jump) {
        items.push_back(jump);
        repeat(items, longest_jump - 100, call(get_smp_processor_id));
        append(items, {exit(), build::label(jump.label), add(r0, sign)});
        sign <<= 1;
    };
    append(items, {mov(r7, 8), mov(r8, 0)});
    across(jeq(r8, 0, "equal"));
    across(jset(r7, 8, "one_bit"));
    across(jset(r7, 9, "two_bits"));
    across(jslt32(r7, 9, "less"));
    across(jsge(r8, 0, "not_negative"));
    append(items, {jgt(r6, 1, "out"), gotol("again"), build::label("out"), exit()});
    const auto result = run(items);
    EXPECT_FALSE(result.trap);
    EXPECT_EQ(result.return_value, 2 * 0b11111u);
}

TEST_P(large_program, jumps_back_from_far) {
    std::vector<Item> items = {mov(r0, 0),  mov(r6, 3),
                               gotol("in"), build::label("back"),
                               add(r0, 1),  jeq(r6, 0, "out"),
                               gotol("in"), build::label("out"),
                               exit(),      build::label("filler")};
    repeat(items, longest_jump - 100, call(get_smp_processor_id));
    append(items, {build::label("in"), sub(r6, 1), jset(r6, 2, "back"), jeq(r6, 0, "back"),
                   jsgt(r6, 0, "back"), exit()});
    const auto result = run(items);
    EXPECT_FALSE(result.trap);
    EXPECT_EQ(result.return_value, 3u);
}

TEST_P(large_program, calls_functions_far_away) {
    std::vector<Item> items = {mov(r0, 0),
                               call_local("far"),
                               mov(r6, r0),
                               call_local("near"),
                               add(r0, r6),
                               exit(),
                               build::label("near"),
                               mov(r0, 1),
                               exit(),
                               build::label("filler")};
    repeat(items, 100'000, call(get_smp_processor_id));
    append(items,
           {exit(), build::label("far"), mov(r0, 2), call_local("near"), add(r0, 4), exit()});
    const auto result = run(items);
    EXPECT_FALSE(result.trap);
    EXPECT_EQ(result.return_value, 6u);
}

TEST_P(large_program, points_to_functions_far_away) {
    constexpr std::size_t distance = 100'000;
    constexpr std::int32_t loop = 181;
    const std::array<Insn, 2> load_function = {
        insn(Op::lddw_func, {.dst = 2, .imm = static_cast<std::int32_t>(distance)}),
        second_slot(0)};
    std::vector<Item> items = {stdw(r10, -8, 0), mov(r1, 5),    mov(r3, r10), add(r3, -8),
                               mov(r4, 0),       load_function, call(loop),   ldxdw(r6, r10, -8),
                               mul(r6, 10),      add(r0, r6),   exit()};
    repeat(items, distance - 7, call(get_smp_processor_id));
    append(items, {exit(), ldxdw(r0, r2, 0), add(r0, r1), stxdw(r2, 0, r0), mov(r0, 0), exit()});
    const auto result = run(items);
    EXPECT_FALSE(result.trap);
    EXPECT_EQ(result.return_value, 5u + 10 * (0 + 1 + 2 + 3 + 4));
}

/// The stop is far from the stub behind the last instruction.
TEST_P(large_program, is_stopped_where_it_loops) {
    if (!GetParam().options.metered) GTEST_SKIP() << "does not count";
    std::vector<Item> items = {mov(r0, 0), build::label("forever"), add(r0, 1),
                               jne(r0, 0, "forever")};
    repeat(items, 100'000, call(get_smp_processor_id));
    append(items, {exit()});
    const auto result = run(items, {.budget = 200'000});
    ASSERT_TRUE(result.trap);
    EXPECT_EQ(result.trap->kind, TrapKind::budget);
    EXPECT_LT(result.trap->pc, 4u);
}

}  // namespace
}  // namespace bpftwin::test
