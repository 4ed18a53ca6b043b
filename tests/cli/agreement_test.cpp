#include "cli/agreement.h"

#include "cli/agreement_report.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace bpftwin::cli {
namespace {

using testing::HasSubstr;

JudgedTwice pair_of(Verdict ours, Verdict theirs) {
    return {{"a.o", "p", "xdp", 9, "bpftwin", std::move(ours)},
            {"a.o", "p", "xdp", 9, "kernel", std::move(theirs)}};
}

Verdict accepted(std::uint64_t insns, std::uint64_t states = 1, std::uint64_t us = 10) {
    return {.answer = Answer::accepted, .insns = insns, .states = states, .duration_us = us};
}

Verdict rejected(std::string reason, int error = 13) {
    return {.answer = Answer::rejected, .error = error, .reason = std::move(reason)};
}

Verdict unsupported(std::string feature) {
    return {.answer = Answer::unsupported, .error = 95, .reason = std::move(feature)};
}

Agreement agreement_of(const std::vector<JudgedTwice>& pairs) {
    Agreement agreement("kernel");
    for (const JudgedTwice& pair : pairs) agreement.add(pair);
    return agreement;
}

TEST(agreement, what_we_do_not_support_is_never_the_same_verdict) {
    const auto agreement = agreement_of({pair_of(unsupported("timers"), rejected("no")),
                                         pair_of(unsupported("timers"), accepted(2))});
    EXPECT_EQ(agreement.count(Finding::unsupported), 2u);
    EXPECT_EQ(agreement.verdict.text(), "0/2 (0.0 %)");
    EXPECT_EQ(agreement.reason.all, 0u);
}

TEST(agreement, what_they_cannot_load_is_not_compared) {
    const auto agreement = agreement_of({pair_of(accepted(2), {.reason = "privilege"})});
    EXPECT_EQ(agreement.programs(), 1u);
    EXPECT_EQ(agreement.verdict.all, 0u);
    EXPECT_THAT(agreement_text(agreement), HasSubstr("same verdict 0/0\n"));
}

TEST(agreement, a_share_is_rounded_down) {
    EXPECT_EQ((Share{2155, 2342}.text()), "2155/2342 (92.0 %)");
    EXPECT_EQ((Share{9999, 10000}.text()), "9999/10000 (99.9 %)");
    EXPECT_EQ((Share{3, 3}.text()), "3/3 (100.0 %)");
}

TEST(agreement, reason_and_errno_are_compared_where_both_reject) {
    const auto agreement = agreement_of(
        {pair_of(rejected("R1"), rejected("R1")), pair_of(rejected("R1", 13), rejected("R1", 22)),
         pair_of(rejected("R1"), rejected("R2")), pair_of(accepted(1), accepted(1))});
    EXPECT_EQ(agreement.verdict.text(), "4/4 (100.0 %)");
    EXPECT_EQ(agreement.reason.text(), "2/3 (66.6 %)");
    EXPECT_EQ(agreement.error.text(), "2/3 (66.6 %)");
    EXPECT_EQ(agreement.count(Finding::other_errno), 1u);
}

std::string histogram(const Agreement& agreement) {
    std::string text;
    for (const Distance& distance : agreement.distances)
        text += std::to_string(distance.programs) + " ";
    return text;
}

TEST(agreement, distances_are_counted_by_direction_and_share_of_their_number) {
    EXPECT_EQ(histogram(agreement_of(
                  {pair_of(accepted(1000), accepted(1000)), pair_of(accepted(991), accepted(1000)),
                   pair_of(accepted(990), accepted(1000)), pair_of(accepted(900), accepted(1000)),
                   pair_of(accepted(500), accepted(1000))})),
              "1 1 1 1 1 0 0 0 0 ");
    EXPECT_EQ(
        histogram(agreement_of(
            {pair_of(accepted(1001), accepted(1000)), pair_of(accepted(1099), accepted(1000)),
             pair_of(accepted(1499), accepted(1000)), pair_of(accepted(9000), accepted(1000))})),
        "0 0 0 0 0 1 1 1 1 ");
}

TEST(agreement, speed_is_of_the_sums_and_of_the_first_verifier_of_a_panel) {
    auto agreement = agreement_of({pair_of(accepted(100, 1, 10), accepted(100, 1, 40)),
                                   pair_of(accepted(300, 1, 10), accepted(100, 1, 40))});
    EXPECT_DOUBLE_EQ(agreement.speed(), (400.0 / 20) / (200.0 / 80));
    JudgedTwice elsewhere = pair_of(accepted(100, 1, 10), accepted(100, 1, 4000));
    elsewhere.theirs.judge = "vm:6.12";
    const double before = agreement.speed();
    agreement.add(elsewhere);
    EXPECT_DOUBLE_EQ(agreement.speed(), before);
}

TEST(agreement, both_verdicts_stand_one_above_the_other) {
    EXPECT_EQ(pair_text(pair_of(accepted(12, 3), rejected("R1 invalid mem access 'scalar'")), {}),
              "a.o: p (xdp): wrongly accepted\n"
              "  bpftwin  accepted            12 insns, 3 states\n"
              "  kernel   rejected, errno 13  R1 invalid mem access 'scalar'\n");
    EXPECT_EQ(pair_text(pair_of(rejected("R1"), accepted(12, 3)), {}),
              "a.o: p (xdp): wrongly rejected\n"
              "  bpftwin  rejected, errno 13  R1\n"
              "  kernel   accepted            12 insns, 3 states\n");
}

const std::vector<JudgedTwice> one_of_each = {
    pair_of(accepted(2), rejected("R1")),
    pair_of(rejected("R1"), accepted(2)),
    pair_of(unsupported("timers"), accepted(2)),
    pair_of(unsupported("kernel functions"), accepted(2)),
    pair_of(unsupported("kernel functions"), rejected("R1")),
    pair_of({.reason = "no such type"}, accepted(2)),
    pair_of(rejected("R1"), rejected("R1")),
    pair_of(accepted(50, 1, 5), accepted(50, 2, 20)),
    pair_of(accepted(2), {.reason = "privilege"}),
};

TEST(agreement, sums_end_with_lines_to_be_searched_for) {
    EXPECT_EQ(agreement_text(agreement_of(one_of_each)),
              "wrongly accepted 1\n"
              "wrongly rejected 1\n"
              "unsupported 3\n"
              "      2 kernel functions\n"
              "      1 timers\n"
              "not loadable 1\n"
              "same verdict 2/8 (25.0 %)\n"
              "same reason 1/1 (100.0 %)\n"
              "same errno 1/1 (100.0 %)\n"
              "same insns 1/1 (100.0 %)\n"
              "  fewer  >=50 %  0\n"
              "  fewer  <50 %   0\n"
              "  fewer  <10 %   0\n"
              "  fewer  <1 %    0\n"
              "         0       1\n"
              "  more   <1 %    0\n"
              "  more   <10 %   0\n"
              "  more   <50 %   0\n"
              "  more   >=50 %  0\n"
              "same states 0/1 (0.0 %)\n"
              "speed ours/kernel 4.00\n");
}

TEST(agreement, json_has_the_same_sums) {
    const Json json = agreement_json(agreement_of(one_of_each));
    EXPECT_EQ(json["wrongly_accepted"], 1);
    EXPECT_EQ(json["not_judged"], 1);
    EXPECT_EQ(json["features"][0].dump(), R"({"feature":"kernel functions","programs":2})");
    EXPECT_EQ(json["same_verdict"].dump(), R"({"same":2,"of":8})");
    EXPECT_EQ(json["distances"][4].dump(), R"({"direction":"","distance":"0","programs":1})");
    EXPECT_EQ(json["speed"], 4.0);
    EXPECT_TRUE(agreement_json(agreement_of({}))["speed"].is_null());
}

TEST(agreement, json_of_a_program_tells_both_verdicts) {
    EXPECT_EQ(
        pair_json(pair_of(accepted(2, 1, 3), rejected("R1"))).dump(),
        R"({"file":"a.o","program":"p","section":"xdp","size":9,)"
        R"("finding":"wrongly accepted",)"
        R"("ours":{"verifier":"bpftwin","verdict":"accepted","errno":0,"reason":"","code":null,)"
        R"("insns":2,"states":1,"peak_states":0,"duration_us":3},)"
        R"("theirs":{"verifier":"kernel","verdict":"rejected","errno":13,"reason":"R1","code":"other",)"
        R"("insns":0,"states":0,"peak_states":0,"duration_us":0}})");
}

}  // namespace
}  // namespace bpftwin::cli
