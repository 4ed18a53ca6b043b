// Rejections in plain words: the kind of each, the path that led there, the value's history.
#include "bpftwin/explain.h"

#include <cstdlib>
#include <fstream>
#include <iterator>
#include <set>

#include "bpftwin/verify.h"
#include "fmt/format.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "isa/assembler.h"

namespace bpftwin {
namespace {

using testing::ElementsAre;

Verdict rejected(std::vector<Insn> insns) {
    ProgramSpec program{.name = "prog", .section = "xdp", .type = ProgType::xdp};
    program.insns = std::move(insns);
    MapSpec map{
        .name = "map", .type = MapType::hash, .key_size = 4, .value_size = 8, .max_entries = 8};
    const ObjectSpec object{.name = "test", .license = "GPL", .maps = {map}, .programs = {program}};
    Verdict verdict = verify(object, object.programs[0]);
    EXPECT_EQ(verdict.answer, Answer::rejected);
    EXPECT_TRUE(verdict.explanation) << verdict.reason;
    return verdict;
}

Verdict rejected(std::string_view text) { return rejected(assemble(text).value()); }

std::vector<std::string> history_of(const Verdict& verdict) {
    std::vector<std::string> lines;
    for (const ValueStep& step : verdict.explanation->history)
        lines.push_back(fmt::format("{} {}", step.insn, step.what));
    return lines;
}

std::vector<std::string> path_of(const Verdict& verdict) {
    std::vector<std::string> lines;
    for (const PathBranch& branch : verdict.explanation->branches)
        lines.push_back(fmt::format("{} {}", branch.insn, branch.taken ? "taken" : "not taken"));
    return lines;
}

TEST(reasons, have_a_code_of_their_own_and_texts) {
    std::set<std::string_view> codes;
    for (const ReasonKind& kind : reason_kinds()) {
        EXPECT_TRUE(codes.insert(kind.code).second) << kind.code;
        EXPECT_FALSE(kind.plain.empty() || kind.change.empty() || kind.texts.empty()) << kind.code;
        EXPECT_EQ(kind.code.find_first_not_of("abcdefghijklmnopqrstuvwxyz-"), kind.code.npos);
    }
    EXPECT_EQ(reason_kinds().back().code, "other");
}

TEST(reasons, are_known_by_their_text) {
    EXPECT_EQ(kind_of_reason("R1 offset is outside of the packet").code, "packet-out-of-bounds");
    EXPECT_EQ(kind_of_reason("R0 invalid mem access 'map_value_or_null'").code,
              "map-value-maybe-null");
    EXPECT_EQ(kind_of_reason("R7 invalid mem access 'scalar'").code, "not-a-pointer");
    EXPECT_EQ(kind_of_reason("BPF program is too large. Processed 1000001 insn").code,
              "too-complex");
    EXPECT_EQ(kind_of_reason("something that no kernel says yet").code, "other");
}

TEST(explanation, follows_a_value_through_copies_and_the_stack_to_its_call) {
    const Verdict verdict = rejected(R"(
        *(u32 *)(r10 -4) = 0
        r1 = map[fd:0]
        r2 = r10
        r2 += -4
        call 1
        r6 = r0
        *(u64 *)(r10 -16) = r6
        r7 = *(u64 *)(r10 -16)
        r0 = *(u64 *)(r7 +0)
        exit)");
    EXPECT_EQ(kind_of_reason(verdict.reason).code, "map-value-maybe-null");
    EXPECT_EQ(verdict.explanation->insn, 9U);
    EXPECT_EQ(verdict.explanation->value, "R7=map_value_or_null(id=1,map=map,ks=4,vs=8)");
    EXPECT_THAT(history_of(verdict),
                ElementsAre("8 read back from fp-16", "7 spilled from r6 to fp-16",
                            "6 copied from r0", "5 the call's result"));
}

TEST(explanation, shows_the_branches_of_the_path_and_where_the_value_was_compared) {
    const Verdict verdict = rejected(R"(
        r2 = *(u32 *)(r1 +12)
        r3 = *(u32 *)(r1 +16)
        if r3 == 5 goto +1
        r3 = 9
        if r2 > 100 goto out
        r4 = r10
        r4 += -8
        r4 += r2
        r0 = *(u8 *)(r4 +0)
        out: r0 = 0
        exit)");
    EXPECT_THAT(path_of(verdict), ElementsAre("2 not taken", "4 not taken"));
    EXPECT_EQ(verdict.explanation->insn, 8U) << verdict.reason;
    EXPECT_THAT(history_of(verdict), ElementsAre("7 changed", "6 changed", "5 copied from r10"));
}

TEST(explanation, follows_arguments_into_functions_and_results_out) {
    const Verdict verdict = rejected(R"(
        r6 = *(u32 *)(r1 +12)
        r1 = r6
        call pc+2
        r0 = *(u8 *)(r0 +0)
        exit
        r0 = r1
        r0 += 1
        exit)");
    EXPECT_EQ(kind_of_reason(verdict.reason).code, "not-a-pointer");
    EXPECT_THAT(history_of(verdict),
                ElementsAre("7 returned", "6 changed", "5 copied from r1",
                            "2 passed to the function", "1 copied from r6", "0 loaded"));
}

TEST(explanation, names_what_was_acquired_and_not_given_back) {
    const Verdict verdict = rejected(R"(
        r2 = 0
        *(u64 *)(r10 -8) = r2
        *(u32 *)(r10 -16) = r2
        *(u32 *)(r10 -12) = r2
        r2 = r10
        r2 += -16
        r3 = 12
        r4 = 0
        r5 = 0
        call 84
        r0 = 0
        exit)");
    EXPECT_EQ(kind_of_reason(verdict.reason).code, "reference-leak") << verdict.reason;
    EXPECT_THAT(history_of(verdict), ElementsAre("9 acquired, and not given back"));
}

/// The page of the table.
std::string page() {
    std::string text =
        "# Why programs are rejected\n\n"
        "The kinds of rejections that `bpftwin verify --explain` names and `verify --json` has as "
        "`code`, made of\n`verifier/reasons.def` (`BPFTWIN_UPDATE_GOLDEN=1` with the test "
        "`reasons.page_is_that_of_the_table`\nwrites it). Codes stay. The lines are the last ones "
        "of a verifier's log that mean it, ours or a kernel's;\n`*` stands for anything.\n";
    for (const ReasonKind& kind : reason_kinds()) {
        text += fmt::format("\n## {}\n\n{}\n\nWhat to change: {}\n\n", kind.code, kind.plain,
                            kind.change);
        for (const std::string_view line : kind.texts) text += fmt::format("    {}\n", line);
    }
    return text;
}

TEST(reasons, page_is_that_of_the_table) {
    const std::string now = page();
    if (std::getenv("BPFTWIN_UPDATE_GOLDEN") != nullptr) std::ofstream(BPFTWIN_REASONS) << now;
    std::ifstream file(BPFTWIN_REASONS);
    EXPECT_EQ(std::string(std::istreambuf_iterator<char>(file), {}), now);
}

TEST(explanation, of_a_register_that_does_not_exist_tells_no_value) {
    auto insns = assemble("r0 = r2\nexit").value();
    insns[0].src = 15;
    const Verdict verdict = rejected(std::move(insns));
    EXPECT_EQ(verdict.reason, "R15 is invalid");
    EXPECT_EQ(verdict.explanation->value, "");
    EXPECT_TRUE(verdict.explanation->history.empty());
}

}  // namespace
}  // namespace bpftwin
