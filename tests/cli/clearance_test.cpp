// What may run, by the verifier's verdict and what the user says.
#include "cli/clearance.h"

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/support/programs.h"

namespace bpftwin::cli {
namespace {

using test::assembled;
using testing::HasSubstr;

constexpr std::string_view fine = "r0 = 2\nexit";
constexpr std::string_view reads_too_far = "r2 = *(u32 *)(r1 +0)\nr0 = *(u8 *)(r2 +0)\nexit";

ReadyObject ready(std::vector<ProgramSpec> programs, std::vector<MapSpec> maps = {}) {
    return {test::object_of(std::move(programs), std::move(maps)), nullptr, false};
}

Cleared cleared(const ReadyObject& object, const TrustArguments& trust = {}) {
    return clear(object, object.spec.programs.front(), trust, 1);
}

TEST(clearance, what_is_accepted_runs_without_checks_everywhere) {
    const auto object = ready({assembled(fine, ProgType::xdp)});
    const Cleared answer = cleared(object);
    EXPECT_EQ(answer.clearance, Clearance::full);
    EXPECT_EQ(answer.interpreter_safety(false), Safety::unsafe);
}

TEST(clearance, a_context_that_the_user_made_is_not_trusted) {
    const auto object = ready({assembled(fine, ProgType::xdp)});
    EXPECT_EQ(cleared(object).interpreter_safety(true), Safety::checked);
}

TEST(clearance, what_is_rejected_is_refused_with_the_reason_and_what_to_do) {
    const auto object = ready({assembled(reads_too_far, ProgType::xdp)});
    const Cleared answer = cleared(object);
    EXPECT_EQ(answer.clearance, Clearance::refused);
    EXPECT_THAT(refusal_text(answer, Style{}), HasSubstr("R2 offset is outside of the packet"));
    EXPECT_THAT(refusal_text(answer, Style{}), HasSubstr("--unverified"));
}

TEST(clearance, what_is_rejected_runs_with_checks_when_asked) {
    const auto object = ready({assembled(reads_too_far, ProgType::xdp)});
    const Cleared answer = cleared(object, {.unverified = true});
    EXPECT_EQ(answer.clearance, Clearance::checked);
    EXPECT_EQ(answer.interpreter_safety(false), Safety::checked);
}

TEST(clearance, who_says_unsafe_is_asked_nothing) {
    const auto object = ready({assembled(reads_too_far, ProgType::xdp)});
    const Cleared answer = cleared(object, {.unsafe = true});
    EXPECT_EQ(answer.clearance, Clearance::full);
    EXPECT_FALSE(answer.verdict);
    EXPECT_EQ(answer.interpreter_safety(false), Safety::unsafe);
}

TEST(clearance, a_program_that_a_tail_call_leads_to_must_be_accepted_too) {
    MapSpec jumps;
    jumps.name = "jumps";
    jumps.type = MapType::prog_array;
    jumps.key_size = jumps.value_size = 4;
    jumps.max_entries = 1;
    jumps.slots = {{0, "second"}};
    ProgramSpec first = assembled(fine, ProgType::xdp),
                second = assembled(reads_too_far, ProgType::xdp);
    second.name = "second";
    const auto object = ready({std::move(first), std::move(second)}, {std::move(jumps)});
    const Cleared answer = cleared(object);
    EXPECT_EQ(answer.clearance, Clearance::refused);
    EXPECT_EQ(answer.judged->name, "second");
}

TEST(clearance, where_no_types_are_to_be_had_a_program_that_needs_them_runs_checked) {
    ProgramSpec program = assembled("r0 = 0\nexit", ProgType::tracing);
    program.expected_attach_type = AttachType::trace_fentry;
    program.attach_target = "bpf_fentry_test1";
    const auto object = ready({std::move(program)});
    const Cleared answer = cleared(object);
    EXPECT_EQ(answer.verdict->answer, Answer::unsupported);
    EXPECT_EQ(answer.clearance, Clearance::checked) << answer.verdict->reason;
}

TEST(clearance, what_reads_a_kernels_memory_is_checked_in_the_interpreter) {
    const auto object =
        ready({assembled("r1 = *(u64 *)(r1 +168)\nr0 = 0\nif r1 == 0 goto +1\n"
                         "r0 = *(u32 *)(r1 +4)\nexit",
                         ProgType::sched_cls)});
    const Cleared answer = cleared(object);
    EXPECT_EQ(answer.clearance, Clearance::full) << answer.verdict->reason;
    EXPECT_EQ(answer.interpreter_safety(false), Safety::checked);
}

}  // namespace
}  // namespace bpftwin::cli
