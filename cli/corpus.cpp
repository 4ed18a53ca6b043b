// `bpftwin corpus`: a folder's objects put to a verifier, or to two that are compared.
#include <algorithm>
#include <filesystem>
#include <functional>
#include <memory>

#include "cli/agreement_report.h"
#include "cli/command.h"
#include "cli/panel.h"
#include "fmt/format.h"

namespace bpftwin::cli {
namespace {

struct Arguments {
    std::string folder;
    std::string engine = "bpftwin";
    std::vector<std::string> compared;
    bool details = false;
    std::string json;
};

constexpr std::uint32_t numbers_only = 4;  ///< Log level.

/// Object files below a folder, by name.
Result<std::vector<std::string>> objects_in(const std::string& folder) {
    std::vector<std::string> paths;
    std::error_code error;
    for (const auto& entry : std::filesystem::recursive_directory_iterator(folder, error))
        if (entry.is_regular_file() && entry.path().extension() == ".o")
            paths.push_back(entry.path().string());
    if (error) return fail(fmt::format("{}: {}", folder, error.message()));
    if (paths.empty()) return fail(folder + ": no objects (*.o) in it");
    std::ranges::sort(paths);
    return paths;
}

/// What came of a walk over a folder.
struct Walk {
    std::size_t objects = 0, unreadable = 0;
    bool interrupted = false;
};

/// Says what to print about an object.
using Visit = std::function<Result<std::string>(const Question&)>;

/// Visits every object. One that gives an Error is told and left behind.
Walk walk(const std::vector<std::string>& paths, const Visit& visit) {
    Walk walk;
    Progress progress("objects");
    InterruptGuard guard;
    for (const std::string& path : paths) {
        const auto question = open_question({.path = path});
        const auto text = question ? visit(*question) : std::unexpected(question.error());
        progress.hide();
        print(text.value_or(""));
        if (!text) fmt::print(stderr, "bpftwin: {}\n", text.error().message);
        ++walk.objects;
        walk.unreadable += text ? 0 : 1;
        walk.interrupted = InterruptGuard::interrupted();
        if (walk.interrupted) break;
        progress.show(walk.objects,
                      static_cast<double>(walk.objects) / static_cast<double>(paths.size()));
    }
    return walk;
}

std::string text_of(const Walk& walk) {
    return fmt::format("objects {} unreadable {}", walk.objects, walk.unreadable);
}

/// Writes it where --json asks for it.
Result<void> write_json(const Arguments& arguments, const Json& document) {
    if (arguments.json.empty()) return {};
    return write_file("--json", arguments.json, json_text(document) + '\n');
}

/// Standard output gets a line per program, standard error the sums.
Result<Exit> list(const Arguments& arguments, const std::vector<std::string>& paths, Panel& panel) {
    Answers answers;
    Reasons reasons;
    Json programs = Json::array();
    print(csv_head());
    const Walk walked = walk(paths, [&](const Question& question) -> Result<std::string> {
        const auto judged = panel.judge(question, numbers_only);
        if (!judged) return std::unexpected(judged.error().in(question.file));
        std::string text;
        for (const Judged& one : *judged) {
            text += csv_line(one);
            answers.add(one.verdict.answer);
            if (one.verdict.answer == Answer::not_loadable) reasons.add(one.verdict.reason);
            if (!arguments.json.empty()) programs.push_back(judged_json(one));
        }
        return text;
    });
    if (!reasons.text().empty()) fmt::print(stderr, "not loadable, by reason:\n{}", reasons.text());
    fmt::print(stderr, "verifier {}, {}\n{}\n", panel.releases(), text_of(walked), answers.text());
    const auto written =
        write_json(arguments, {{"verifier", panel.releases()}, {"programs", std::move(programs)}});
    if (!written) return std::unexpected(written.error());
    return walked.interrupted ? exit_interrupted : exit_fine;
}

/// Two verifiers over a folder.
class Comparison {
public:
    Comparison(const Arguments& arguments, Panel ours, Panel theirs)
        : arguments_(arguments),
          ours_(std::move(ours)),
          theirs_(std::move(theirs)),
          agreement_(theirs_.name()) {}

    Result<Exit> run(const std::vector<std::string>& paths) {
        const Walk walked =
            walk(paths, [this](const Question& question) { return visit(question); });
        print(fmt::format("{} beside {}: {}, programs {} judged {}\n", ours_.releases(),
                          theirs_.releases(), text_of(walked), agreement_.programs(),
                          agreement_.verdict.all) +
              agreement_text(agreement_));
        if (auto written = write(); !written) return std::unexpected(written.error());
        if (walked.interrupted) return exit_interrupted;
        return agreement_.count(Finding::wrongly_accepted) == 0 ? exit_fine : exit_finding;
    }

private:
    Result<std::string> visit(const Question& question) {
        auto ours = ours_.judge(question, numbers_only);
        if (!ours) return std::unexpected(ours.error().in(question.file));
        auto theirs = theirs_.judge(question, numbers_only);
        if (!theirs) return std::unexpected(theirs.error().in(question.file));
        std::string text;
        for (std::size_t i = 0; i < ours->size(); ++i)
            text += add({std::move((*ours)[i]), std::move((*theirs)[i])});
        return text;
    }

    std::string add(const JudgedTwice& pair) {
        agreement_.add(pair);
        if (!arguments_.json.empty()) programs_.push_back(pair_json(pair));
        return is_shown(finding_of(pair)) ? pair_text(pair, stdout_style()) : "";
    }

    /// What is unsupported stands in the sums.
    [[nodiscard]] bool is_shown(Finding finding) const {
        if (finding == Finding::same || finding == Finding::not_judged) return false;
        return arguments_.details || (is_wrong(finding) && finding != Finding::unsupported);
    }

    Result<void> write() {
        Json document{{"verifier", ours_.releases()}, {"compared_with", theirs_.releases()}};
        document.update(agreement_json(agreement_));
        document["programs"] = std::move(programs_);
        return write_json(arguments_, document);
    }

    const Arguments& arguments_;
    Panel ours_, theirs_;
    Agreement agreement_;
    Json programs_ = Json::array();
};

Result<Exit> corpus(const Arguments& arguments) {
    const auto paths = objects_in(arguments.folder);
    if (!paths) return std::unexpected(paths.error());
    auto panel = make_panel({&arguments.engine, 1}, "--engine");
    if (!panel) return std::unexpected(panel.error());
    if (arguments.compared.empty()) return list(arguments, *paths, *panel);
    auto theirs = make_panel(arguments.compared, "--compare");
    if (!theirs) return std::unexpected(theirs.error());
    return Comparison(arguments, std::move(*panel), std::move(*theirs)).run(*paths);
}

}  // namespace

Command add_corpus(CommandLine& line) {
    auto arguments = std::make_shared<Arguments>();
    Options options = line.add_command(
        "corpus", "Verify every program of a folder's objects, or compare verifiers");
    options.add("DIR", arguments->folder, "Folder with objects (*.o), also in its folders")
        .required();
    add_verifier_option(options, arguments->engine);
    options
        .add("--compare", arguments->compared,
             "Hold it against another verifier; of several (kernel,vm:6.12) the first that can "
             "load a program")
        .type("NAMES")
        .comma_separated();
    options.add_flag("--details", arguments->details,
                     "Also show what is unsupported, and same verdicts with another reason, errno "
                     "or number of instructions");
    options.add("--json", arguments->json, "Write everything as JSON too (docs/json.md)")
        .type("FILE");
    options.footer(
        "Standard output gets one line per program, in veristat's columns; standard error what "
        "could\n"
        "not be loaded and why, and the sums. With --compare standard output gets every program "
        "with\n"
        "different verdicts, and the sums: over programs that the other verifier judged.\n\n"
        "Examples:\n"
        "  bpftwin corpus build/selftests > verdicts.csv\n"
        "  bpftwin corpus build/selftests --compare kernel\n\n"
        "Exit status: 0, whatever the verdicts; with --compare 1 when something is wrongly "
        "accepted;\n"
        "2 bad usage or input, 130 interrupted");
    return {options, [arguments] { return corpus(*arguments); }};
}

}  // namespace bpftwin::cli
