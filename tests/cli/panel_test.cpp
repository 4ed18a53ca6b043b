#include "cli/panel.h"

#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace bpftwin::cli {
namespace {

using testing::ElementsAre;

/// Loads the programs that it has a verdict for, and remembers what it was asked.
class FakeJudge final : public Judge {
public:
    FakeJudge(std::map<std::string, Verdict> verdicts, std::vector<std::string>& asked)
        : verdicts_(std::move(verdicts)), asked_(asked) {}

    [[nodiscard]] std::string release() const override { return "6.18"; }
    [[nodiscard]] bool alive() override { return true; }
    Result<std::vector<Verdict>> judge(const ObjectSpec&, std::span<const std::string> programs,
                                       std::uint32_t) override {
        std::vector<Verdict> verdicts;
        for (const std::string& name : programs) {
            asked_.push_back(name);
            const auto known = verdicts_.find(name);
            verdicts.push_back(known != verdicts_.end() ? known->second
                                                        : Verdict{.reason = "privilege"});
        }
        return verdicts;
    }

private:
    std::map<std::string, Verdict> verdicts_;
    std::vector<std::string>& asked_;
};

Question question(std::initializer_list<const char*> names) {
    Question question{"a.o", {}, {}};
    for (const char* name : names) {
        question.object.programs.emplace_back().name = name;
        question.programs.emplace_back(name);
    }
    return question;
}

Panel panel(std::map<std::string, Verdict> first, std::map<std::string, Verdict> second,
            std::vector<std::string>& asked_first, std::vector<std::string>& asked_second) {
    std::vector<Panel::Member> members;
    members.push_back({"kernel", std::make_unique<FakeJudge>(std::move(first), asked_first)});
    members.push_back({"vm:6.12", std::make_unique<FakeJudge>(std::move(second), asked_second)});
    return Panel(std::move(members));
}

TEST(panel, asks_the_next_verifier_only_about_what_the_first_cannot_load) {
    std::vector<std::string> first, second;
    Panel both = panel({{"a", {.answer = Answer::accepted}}},
                       {{"a", {.answer = Answer::rejected}}, {"b", {.answer = Answer::rejected}}},
                       first, second);
    const auto judged = both.judge(question({"a", "b"}), 4);
    ASSERT_TRUE(judged);
    EXPECT_THAT(first, ElementsAre("a", "b"));
    EXPECT_THAT(second, ElementsAre("b"));
    EXPECT_EQ((*judged)[0].verdict.answer, Answer::accepted);
    EXPECT_EQ((*judged)[0].judge, "kernel");
    EXPECT_EQ((*judged)[1].verdict.answer, Answer::rejected);
    EXPECT_EQ((*judged)[1].judge, "vm:6.12");
}

TEST(panel, keeps_the_first_reason_of_what_nobody_can_load) {
    std::vector<std::string> first, second;
    Panel both = panel({{"a", {.reason = "no such map type"}}}, {}, first, second);
    const auto judged = both.judge(question({"a"}), 4);
    ASSERT_TRUE(judged);
    EXPECT_EQ((*judged)[0].judge, "kernel");
    EXPECT_EQ((*judged)[0].verdict.reason, "no such map type");
}

TEST(panel, tells_the_releases_of_all) {
    std::vector<std::string> first, second;
    EXPECT_EQ(panel({}, {}, first, second).releases(), "6.18, 6.18");
}

TEST(panel, an_unknown_verifier_is_an_error_of_the_option) {
    const std::vector<std::string> names = {"bpftwin", "jit"};
    const auto none = make_panel(names, "--compare");
    ASSERT_FALSE(none);
    EXPECT_THAT(none.error().message, testing::StartsWith("--compare: 'jit' has no verifier"));
}

}  // namespace
}  // namespace bpftwin::cli
