// What the verifier claims holds while programs run, and a claim that does not is noticed.
#include "tests/verdicts/soundness.h"

#include "bpftwin/bpftwin.h"
#include "bpftwin/claims.h"
#include "bpftwin/verify.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "isa/assembler.h"
#include "tests/verdicts/pointer_program.h"

namespace bpftwin::verdicts {
namespace {

using testing::Contains;
using testing::HasSubstr;

ObjectSpec object_of(std::string_view text) {
    ProgramSpec program{.name = "prog", .section = "xdp", .type = ProgType::xdp};
    program.insns = assemble(text).value();
    return {.name = "test", .license = "GPL", .programs = {std::move(program)}};
}

std::shared_ptr<Claims> claims_of(const ObjectSpec& object) {
    auto claims = std::make_shared<Claims>();
    const Verdict verdict = verify(object, object.programs[0], {.claims = claims.get()});
    EXPECT_EQ(verdict.answer, Answer::accepted) << verdict.reason;
    return claims;
}

RunResult run(const ObjectSpec& object, std::shared_ptr<const Claims> claims) {
    const auto instance =
        make_interpreter()->instantiate(object, {.claims = {{"prog", std::move(claims)}}});
    return (*instance)->run("prog", {.world = World::fixed()}).value();
}

/// r0 is a random number, of which one bit is kept.
constexpr std::string_view one_bit = R"(
    call 7
    r6 = r0
    r6 &= 1
    if r6 == 0 goto +1
    r6 = 2
    r0 = r6
    exit)";

TEST(claims, hold_while_a_program_runs) {
    const ObjectSpec object = object_of(one_bit);
    const RunResult result = run(object, claims_of(object));
    EXPECT_FALSE(result.trap) << (result.trap ? result.trap->describe() : "");
    EXPECT_EQ(result.claims_held, result.insns);
}

TEST(claims, say_what_is_known_before_an_instruction) {
    const ObjectSpec object = object_of(one_bit);
    const auto claims = claims_of(object);
    const auto& states = claims->by_insn[3];
    ASSERT_EQ(states.size(), 1U);
    std::string text;
    for (const PlaceClaim& place : states[0])
        text += place.name() + " " + place.value.text() + "\n";
    EXPECT_THAT(text, HasSubstr("r6 a number, in [0, 1]"));
}

TEST(claims, that_do_not_hold_stop_the_run_with_claim_value_and_path) {
    const ObjectSpec object = object_of(one_bit);
    const auto claims = claims_of(object);
    for (StateClaim& state : claims->by_insn[3])
        for (PlaceClaim& place : state)
            if (place.index == 6) place.value.number = NumberClaim::constant(77);
    const RunResult result = run(object, claims);
    ASSERT_TRUE(result.trap);
    EXPECT_EQ(result.trap->kind, TrapKind::broken_claim);
    EXPECT_EQ(result.trap->pc, 3U);
    EXPECT_THAT(result.trap->notes, Contains(HasSubstr("claim: r6 is a number, 77; but it is")));
    EXPECT_THAT(result.trap->notes, Contains("path: no branches"));
}

TEST(claims, an_instruction_without_states_is_never_reached) {
    const ObjectSpec object = object_of("r0 = 1\nif r0 == 1 goto +1\nr0 = 5\nexit");
    const auto claims = claims_of(object);
    EXPECT_TRUE(claims->by_insn[2].empty());
    claims->by_insn[3].clear();
    const RunResult result = run(object, claims);
    ASSERT_TRUE(result.trap);
    EXPECT_THAT(result.trap->reason, HasSubstr("never reached"));
    EXPECT_THAT(result.trap->notes, Contains("path: 1 taken"));
}

TEST(claims, values_that_did_not_matter_when_paths_met_are_not_claimed) {
    // r6 is 0 or 1 where the paths meet, and nothing depends on which.
    const ObjectSpec object = object_of(R"(
        call 7
        r6 = 0
        if r0 == 7 goto +1
        r6 = 1
        r7 = r10
        r7 += -8
        r8 = 1
        r8 += 1
        r8 += 1
        if r0 > 9 goto +1
        r8 = 2
        if r0 > 10 goto +1
        r8 = 3
        r6 += 1
        r0 = r6
        r0 = 0
        exit)");
    Soundness sums;
    differential::Choices choices(1);
    check_soundness(object, 20, choices, sums);
    EXPECT_EQ(sums.accepted, 1U);
    EXPECT_THAT(sums.misses, testing::IsEmpty());
}

TEST(claims, of_random_programs_hold_on_random_inputs) {
    Soundness sums;
    for (std::uint64_t seed = 1; seed <= 20; ++seed) {
        differential::Choices choices(seed);
        check_soundness(pointer_programs(seed, 32).object, 4, choices, sums);
    }
    EXPECT_THAT(sums.misses, testing::IsEmpty());
    EXPECT_GT(sums.ran, 50U) << sums.text();
}

}  // namespace
}  // namespace bpftwin::verdicts
