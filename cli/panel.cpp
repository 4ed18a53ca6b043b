#include "cli/panel.h"

#include <algorithm>
#include <filesystem>

#include "compare/judge.h"
#include "fmt/format.h"
#include "fmt/ranges.h"

namespace bpftwin::cli {
namespace {

/// Indices of the programs that nobody could load so far.
std::vector<std::size_t> open_ones(const std::vector<Judged>& judged) {
    std::vector<std::size_t> open;
    for (std::size_t i = 0; i < judged.size(); ++i)
        if (judged[i].verdict.answer == Answer::not_loadable) open.push_back(i);
    return open;
}

/// The programs of a question, without a verdict yet.
std::vector<Judged> unjudged(const Question& question, const std::string& judge) {
    std::vector<Judged> judged;
    for (const std::string& name : question.programs) {
        const ProgramSpec& program = *question.object.program(name);
        judged.push_back(
            {question.file, program.name, program.section, program.insns.size(), judge, {}});
    }
    return judged;
}

Result<void> start_again(Panel::Member& member) {
    if (member.judge->alive()) return {};
    auto judge = compare::make_judge(member.name);
    if (!judge) return std::unexpected(judge.error().in(member.name));
    member.judge = std::move(*judge);
    return {};
}

/// Fills in the verdicts of one verifier on what is open. Where it cannot load a program either,
/// the first one's reason stays.
Result<void> ask(Panel::Member& member, const Question& question, std::uint32_t log_level,
                 std::vector<Judged>& judged) {
    const auto open = open_ones(judged);
    if (open.empty()) return {};
    std::vector<std::string> names;
    for (const std::size_t i : open) names.push_back(judged[i].program);
    auto verdicts = member.judge->judge(question.object, names, log_level);
    if (!verdicts) {
        if (auto started = start_again(member); !started) return started;
        return std::unexpected(verdicts.error());
    }
    for (std::size_t i = 0; i < open.size(); ++i) {
        Judged& one = judged[open[i]];
        const bool is_first = one.verdict.reason.empty();
        if (!is_first && (*verdicts)[i].answer == Answer::not_loadable) continue;
        one.judge = member.name;
        one.verdict = std::move((*verdicts)[i]);
    }
    return {};
}

}  // namespace

Result<Question> open_question(const ObjectArguments& from, const std::string& program) {
    auto object = open_object(from);
    if (!object) return std::unexpected(object.error());
    Question question{std::filesystem::path(from.path).filename().string(), std::move(*object), {}};
    if (!program.empty()) {
        auto chosen = choose_program(question.object, program);
        if (!chosen) return std::unexpected(chosen.error());
        question.programs.push_back((*chosen)->name);
        return question;
    }
    for (const ProgramSpec& each : question.object.programs)
        if (std::ranges::count(from.edits.no_autoload, each.name) == 0)
            question.programs.push_back(each.name);
    return question;
}

std::string Panel::releases() const {
    std::vector<std::string> releases;
    for (const Member& member : members_) releases.push_back(member.judge->release());
    return fmt::format("{}", fmt::join(releases, ", "));
}

Result<std::vector<Judged>> Panel::judge(const Question& question, std::uint32_t log_level) {
    std::vector<Judged> judged = unjudged(question, name());
    for (Member& member : members_)
        if (auto asked = ask(member, question, log_level, judged); !asked)
            return std::unexpected(asked.error());
    return judged;
}

Result<Panel> make_panel(std::span<const std::string> names, const std::string& option) {
    std::vector<Panel::Member> members;
    for (const std::string& name : names) {
        auto judge = compare::make_judge(name);
        if (!judge) return std::unexpected(judge.error().in(option));
        members.push_back({name, std::move(*judge)});
    }
    return Panel(std::move(members));
}

void add_verifier_option(Options options, std::string& name) {
    options
        .add("--engine", name,
             "Whose verifier: bpftwin (default), kernel, or a virtual machine's (vm:6.12)")
        .type("NAME");
}

}  // namespace bpftwin::cli
