// What is found before values are looked at, and the running kernel's word on it.
#include "verifier/flow.h"

#include "fmt/format.h"
#include "gmock/gmock.h"
#include "helpers/prototype.h"
#include "isa/assembler.h"
#include "isa/encode.h"
#include "tests/support/programs.h"
#include "tests/verifier/kernel_asked.h"
#include "tests/verifier/live_lines.h"

namespace bpftwin::test {
namespace {

using testing::ElementsAre;
using verifier::Flow;

/// "bpf_loop": 181.
std::optional<std::int32_t> helper_number(std::string_view name) {
    constexpr std::string_view prefix = "bpf_";
    const Helper* helper =
        name.starts_with(prefix) ? helper_named(name.substr(prefix.size())) : nullptr;
    if (!helper) return std::nullopt;
    return static_cast<std::int32_t>(helper->id);
}

ObjectSpec object_with(std::string_view text, ProgType type = ProgType::xdp) {
    ProgramSpec program{.name = "prog", .type = type};
    program.insns = assemble(text, {.helper = helper_number}).value();
    ObjectSpec object = object_of({std::move(program)});
    object.license = "GPL";
    return object;
}

verifier::Checked<Flow> shape_of(const ObjectSpec& object) {
    return early_flow(object, object.programs.front());
}

/// The facts of a program that is well-formed.
Flow facts(std::string_view text, ProgType type = ProgType::xdp) {
    auto flow = shape_of(object_with(text, type));
    EXPECT_TRUE(flow) << flow.error().reason;
    return flow.value_or(Flow{});
}

/// Instructions for which `fact` is set.
template <class Fact>
std::vector<unsigned> where(const Flow& flow, Fact fact) {
    std::vector<unsigned> found;
    for (unsigned at = 0; at < flow.insns.size(); ++at)
        if (fact(flow.insns[at])) found.push_back(at);
    return found;
}
std::vector<unsigned> prune_points(const Flow& flow) {
    return where(flow, [](const auto& facts) { return facts.prune_point; });
}
std::vector<unsigned> jump_points(const Flow& flow) {
    return where(flow, [](const auto& facts) { return facts.jump_point; });
}
std::vector<unsigned> checkpoints(const Flow& flow) {
    return where(flow, [](const auto& facts) { return facts.force_checkpoint; });
}

struct ShapeCase {
    std::string_view name;
    std::string_view text;
    std::string_view reason = {};  ///< Empty: nothing is wrong with its shape.
};
void PrintTo(const ShapeCase& c, std::ostream* out) { *out << c.name; }

class Shape : public testing::TestWithParam<ShapeCase> {};

/// Verdict, errno and last line are the kernel's, and so are live registers and loops.
TEST_P(Shape, is_judged_as_by_the_kernel) {
    const ObjectSpec object = object_with(GetParam().text);
    const auto flow = shape_of(object);
    EXPECT_EQ(flow ? "" : flow.error().reason, GetParam().reason);
    const Verdict kernel = kernel_verdict(object);
    if (kernel.answer == Answer::not_loadable) GTEST_SKIP() << kernel.reason;
    if (flow) {
        EXPECT_EQ(live_lines(object.programs.front(), *flow), live_lines(kernel.log)) << kernel.log;
    } else {
        EXPECT_EQ(flow.error().reason, kernel.reason) << kernel.log;
        EXPECT_EQ(flow.error().error, kernel.error);
    }
}

constexpr ShapeCase shape_cases[] = {
    {"nothing", "r0 = 0\nexit"},
    {"no_end", "r0 = 0", "last insn is not an exit or jmp"},
    {"ends_in_a_call", "call bpf_ktime_get_ns", "last insn is not an exit or jmp"},
    {"ends_in_a_constant", "r0 = 1 ll", "last insn is not an exit or jmp"},
    {"ends_in_a_condition", "r0 = 0\nif r0 == 0 goto -2", "last insn is not an exit or jmp"},
    {"jump_ahead", "r0 = 0\ngoto +1\nexit", "jump out of range from insn 1 to 3"},
    {"jump_back", "r0 = 0\nif r0 == 0 goto -3\nexit", "jump out of range from insn 1 to -1"},
    {"long_jump", "r0 = 0\ngotol +70000\nexit", "jump out of range from insn 1 to 70002"},
    {"may_goto_outside", "r0 = 0\nmay_goto +2\nexit", "jump out of range from insn 1 to 4"},
    {"jump_to_another_function", "call f\nif r0 == 0 goto +1\nexit\nf: r0 = 0\nexit",
     "jump out of range from insn 1 to 3"},
    {"call_outside", "call +5\nexit", "call to invalid destination"},
    {"call_before", "call -2\nexit", "call to invalid destination"},
    {"no_fall_into_a_function", "call f\nr0 = 0\nf: r0 = 0\nexit",
     "last insn is not an exit or jmp"},
    {"call_of_itself", "l: call l\nr0 = 0\nexit"},
    {"unreachable", "r0 = 0\nexit\nr0 = 1\nexit", "unreachable insn 2"},
    {"unreachable_behind_a_jump", "r0 = 0\ngoto +1\nr0 = 1\nexit", "unreachable insn 2"},
    {"reached_backwards", "goto a\nb: r0 = 0\nexit\na: goto b"},
    {"middle_of_a_constant", "r0 = 0\nif r0 == 0 goto +1\nr1 = 5 ll\nexit",
     "jump into the middle of ldimm64 insn 2"},
    {"only_the_middle_of_a_constant", "r0 = 0\ngoto +1\nr1 = 5 ll\nexit", "unreachable insn 2"},
    {"call_of_the_middle", "call +1\nr1 = 5 ll\nexit", "last insn is not an exit or jmp"},
    {"endless", "r0 = 0\nl: goto l"},
    {"loop", "r6 = 0\nl: r6 += 1\nif r6 < 3 goto l\nr0 = 0\nexit"},
    {"loops_in_a_loop",
     "r6 = 0\na: r7 = 0\nb: r7 += 1\nif r7 < 3 goto b\nr8 = 0\nc: r8 += 1\nif r8 < 3 goto c\n"
     "r6 += 1\nif r6 < 3 goto a\nr0 = 0\nexit"},
    {"loops_one_after_the_other",
     "r6 = 0\na: r6 += 1\nif r6 < 3 goto a\nb: r6 += 1\nif r6 < 9 goto b\nr0 = 0\nexit"},
    {"loop_in_a_function", "r1 = 3\ncall f\nexit\nf: r0 = 0\nl: r0 += 1\nif r0 < 9 goto l\nexit"},
    {"loop_around_itself", "r0 = 0\nl: if r0 > 4 goto l\nexit"},
    {"loop_of_two_entries",
     "r0 = r7\nr6 = *(u32 *)(r1 + 8)\nif r6 > 4 goto b\na: r6 += 1\nb: r6 += 2\nif r6 < 99 goto a\n"
     "exit"},
    {"may_goto", "r0 = 0\nl: may_goto e\ngoto l\ne: exit"},
    {"condition_without_effect", "r0 = 0\nif r0 == 0 goto +0\nexit"},
    {"callback",
     "r1 = 4\nr2 = subprog[f]\nr3 = 0\nr4 = 0\ncall bpf_loop\nr0 = 0\nexit\nf: r0 = 0\nexit"},
    {"helper_of_others", "call bpf_sk_assign\nexit"},
    {"helper_of_no_kernel", "call 100000\nexit"},
    {"atomics",
     "r0 = 1\nr2 = 2\n*(u64 *)(r10 - 8) = r0\nlock *(u64 *)(r10 - 8) += r2\n"
     "r2 = atomic64_fetch_add((u64 *)(r10 - 8), r2)\nr2 = atomic64_xchg((u64 *)(r10 - 8), r2)\n"
     "r0 = atomic64_cmpxchg((u64 *)(r10 - 8), r0, r2)\nexit"},
    {"narrow_stores", "*(u8 *)(r10 - 1) = 1\nr3 = 4\n*(u16 *)(r10 - 4) = r3\nr0 = r3\nexit"},
    {"swaps", "r3 = 1\nr3 = be16 r3\nr3 = -r3\nr0 = (s8)r3\nexit"},
    {"call_reads_arguments", "r1 = 1\nr2 = 2\nr6 = 3\ncall f\nr0 += r6\nexit\nf: r0 = r2\nexit"},
};
INSTANTIATE_TEST_SUITE_P(flow, Shape, testing::ValuesIn(shape_cases),
                         [](const auto& info) { return std::string(info.param.name); });

TEST(flow, knows_at_most_256_functions) {
    const auto calls = [](unsigned functions) {
        std::string text, bodies;
        for (unsigned i = 1; i < functions; ++i) {
            text += fmt::format("call f{}\n", i);
            bodies += fmt::format("f{}: r0 = 0\nexit\n", i);
        }
        return object_with(text + "r0 = 0\nexit\n" + bodies);
    };
    EXPECT_TRUE(shape_of(calls(256)));
    const auto many = shape_of(calls(257));
    ASSERT_FALSE(many);
    EXPECT_EQ(many.error().reason, "too many subprograms");
    EXPECT_EQ(many.error().error, E2BIG);
    const Verdict kernel = kernel_verdict(calls(257));
    if (kernel.answer == Answer::not_loadable) GTEST_SKIP() << kernel.reason;
    EXPECT_EQ(kernel.reason, many.error().reason);
    EXPECT_EQ(kernel.error, many.error().error);
}

TEST(flow, finds_functions_in_their_order) {
    const Flow flow = facts("call b\ncall a\nexit\na: r0 = 1\nexit\nb: r0 = 2\nexit");
    ASSERT_EQ(flow.subprograms.size(), 3U);
    EXPECT_EQ(flow.subprograms[1].start, 3U);
    EXPECT_EQ(flow.subprograms[1].end, 5U);
    EXPECT_EQ(flow.subprogram_of(4), 1U);
    EXPECT_EQ(flow.subprogram_at(5), 2);
    EXPECT_EQ(flow.subprogram_at(6), -1);
}

TEST(flow, compares_states_at_conditions_and_where_jumps_land) {
    const Flow flow = facts("r0 = 0\nif r0 == 0 goto a\nr0 = 1\na: r0 = 2\ngoto b\nb: exit");
    EXPECT_THAT(prune_points(flow), ElementsAre(1, 3, 5));
    EXPECT_THAT(jump_points(flow), ElementsAre(3, 5));
    EXPECT_THAT(checkpoints(flow), ElementsAre());
}

TEST(flow, compares_states_behind_calls_and_at_functions) {
    const Flow flow = facts("call bpf_ktime_get_ns\nr6 = r0\ncall f\nexit\nf: r0 = 0\nexit");
    EXPECT_THAT(prune_points(flow), ElementsAre(1, 2, 3, 4));
    EXPECT_THAT(jump_points(flow), ElementsAre(1, 3, 4));
}

TEST(flow, keeps_states_where_functions_are_called_back) {
    const Flow flow = facts(
        "r1 = 4\nr2 = subprog[f]\nr3 = 0\nr4 = 0\ncall bpf_loop\nr0 = 0\nexit\nf: r0 = 0\nexit");
    EXPECT_THAT(checkpoints(flow), ElementsAre(5));
    EXPECT_TRUE(flow.insns[5].calls_callback);
    EXPECT_TRUE(flow.subprograms[1].is_callback);
    EXPECT_THAT(prune_points(flow), ElementsAre(1, 3, 5, 6, 8));
}

TEST(flow, keeps_states_at_may_goto) {
    EXPECT_THAT(checkpoints(facts("r0 = 0\nl: may_goto e\ngoto l\ne: exit")), ElementsAre(1));
}

TEST(flow, knows_what_functions_called_do) {
    const Flow flow = facts(
        "r6 = r1\nr1 = r6\ncall f\nr0 = 0\nexit\nf: call g\nexit\n"
        "g: r2 = 0\ncall bpf_xdp_adjust_head\nexit");
    for (const auto& subprogram : flow.subprograms) EXPECT_TRUE(subprogram.changes_pkt_data);
    const Flow harmless = facts("call f\nr0 = 0\nexit\nf: call bpf_ktime_get_ns\nexit");
    for (const auto& subprogram : harmless.subprograms)
        EXPECT_FALSE(subprogram.changes_pkt_data || subprogram.might_sleep);
}

TEST(flow, tells_which_function_tail_calls_or_loads_from_packets) {
    const Flow flow = facts("r6 = r1\ncall f\nexit\nf: r0 = 0\nexit", ProgType::socket_filter);
    EXPECT_FALSE(flow.subprograms[0].has_ld_abs || flow.subprograms[0].has_tail_call);
    const Flow loads = facts("r6 = r1\nr0 = *(u8 *)skb[4]\nexit", ProgType::socket_filter);
    EXPECT_TRUE(loads.subprograms[0].has_ld_abs);
}

constexpr std::string_view spill_and_fill =
    "r1 = 1\nr2 = 2\n*(u64 *)(r10 - 16) = r1\n*(u64 *)(r10 - 24) = r2\n"
    "call bpf_get_smp_processor_id\n"
    "r2 = *(u64 *)(r10 - 24)\nr1 = *(u64 *)(r10 - 16)\nr0 = r1\nr0 += r2\nexit";

TEST(fastcall, spills_around_the_call_are_a_pattern) {
    const Flow flow = facts(spill_and_fill);
    EXPECT_EQ(flow.insns[4].fastcall_spills, 2);
    EXPECT_THAT(where(flow, [](const auto& f) { return f.fastcall_pattern; }),
                ElementsAre(2, 3, 5, 6));
    EXPECT_EQ(flow.subprograms[0].fastcall_stack_off, -8);
    EXPECT_FALSE(flow.subprograms[0].keep_fastcall_stack);
}

TEST(fastcall, spills_stay_where_the_helper_is_an_ordinary_one) {
    const Flow flow = facts(spill_and_fill, ProgType::socket_filter);
    EXPECT_EQ(flow.insns[4].fastcall_spills, 0);
    EXPECT_TRUE(flow.insns[3].fastcall_pattern);
    EXPECT_TRUE(flow.subprograms[0].keep_fastcall_stack);
}

TEST(fastcall, what_the_helper_clobbers_is_no_pattern) {
    const Flow flow = facts(
        "r1 = 1\n*(u64 *)(r10 - 8) = r1\ncall bpf_xdp_get_buff_len\nr1 = *(u64 *)(r10 - 8)\n"
        "r0 = 0\nexit");
    EXPECT_FALSE(flow.insns[1].fastcall_pattern);
    EXPECT_EQ(flow.subprograms[0].fastcall_stack_off, 0);
}

TEST(fastcall, offsets_begin_at_the_lowest_and_are_in_order) {
    const Flow flow = facts(
        "r1 = 1\n*(u64 *)(r10 - 24) = r1\n*(u64 *)(r10 - 8) = r1\ncall bpf_get_smp_processor_id\n"
        "r1 = *(u64 *)(r10 - 8)\nr0 = 0\nexit");
    EXPECT_FALSE(flow.insns[2].fastcall_pattern);
}

/// A chain of loops that each enter the one before: passes over the whole would be as many as
/// loops.
TEST(flow, takes_time_in_proportion_to_the_program) {
    constexpr std::int16_t back = -6;
    std::vector<Insn> insns{insn(Op::mov64_k, {}), insn(Op::ja, {.off = 2})};
    for (unsigned i = 0; i < 200'000; ++i) {
        insns.push_back(
            insn(Op::jeq64_x, {.dst = 0, .src = 0, .off = i == 0 ? std::int16_t{0} : back}));
        insns.push_back(insn(Op::add64_k, {.dst = 0, .imm = 1}));
        insns.push_back(insn(Op::jne64_k, {.dst = 0, .off = -3}));
    }
    insns.push_back(insn(Op::exit));
    ObjectSpec object = object_with("exit");
    object.programs[0].insns = std::move(insns);
    EXPECT_TRUE(shape_of(object));
}

}  // namespace
}  // namespace bpftwin::test
