#include "cli/verdicts.h"

#include "gtest/gtest.h"

namespace bpftwin::cli {
namespace {

Judged judged(Verdict verdict) { return {"a.o", "p", "xdp", 9, "bpftwin", std::move(verdict)}; }

const Verdict accepted = {.answer = Answer::accepted, .insns = 12, .states = 3, .duration_us = 40};
const Verdict rejected = {
    .answer = Answer::rejected, .error = 13, .reason = "R0 !read_ok", .insns = 2};
const Verdict unsupported = {
    .answer = Answer::unsupported, .error = 95, .reason = "kernel functions", .insns = 4};

TEST(verdicts, an_unsupported_feature_stands_beside_its_answer) {
    EXPECT_EQ(verdict_text(judged(accepted), {}),
              "p (xdp): accepted, 12 instructions looked at, 3 states\n");
    EXPECT_EQ(verdict_text(judged(rejected), {}),
              "p (xdp): rejected, 2 instructions looked at, 0 states\n  R0 !read_ok\n");
    EXPECT_EQ(verdict_text(judged(unsupported), {}), "p (xdp): unsupported: kernel functions\n");
}

TEST(verdicts, only_what_is_accepted_is_a_success_for_veristat) {
    EXPECT_EQ(csv_line(judged(accepted)), "a.o,p,success,40,12,3,9\n");
    EXPECT_EQ(csv_line(judged(unsupported)), "a.o,p,failure,0,4,0,9\n");
}

TEST(verdicts, json_tells_program_verdict_and_log) {
    EXPECT_EQ(
        json_text(judged_json(judged(rejected)), -1),
        R"({"file":"a.o","program":"p","section":"xdp","size":9,"verdict":"rejected",)"
        R"("errno":13,"reason":"R0 !read_ok","code":"uninitialised-register","insns":2,"states":0,"peak_states":0,)"
        R"("duration_us":0,"log":""})");
}

TEST(verdicts, reasons_that_differ_in_numbers_and_quoted_names_are_of_one_kind) {
    Reasons reasons;
    reasons.add("timers");
    reasons.add("at insn 7 of 'a'");
    reasons.add("at insn 120 of 'b'");
    EXPECT_EQ(reasons.text(),
              "      2 at insn N of '\n"
              "      1 timers\n");
}

}  // namespace
}  // namespace bpftwin::cli
