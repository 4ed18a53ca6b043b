#include "cli/verdicts.h"

#include <algorithm>
#include <functional>

#include "bpftwin/explain.h"
#include "fmt/format.h"

namespace bpftwin::cli {
namespace {

/// veristat knows two verdicts.
std::string_view csv_verdict(Answer answer) {
    return answer == Answer::accepted ? "success" : "failure";
}

/// What a reason has in common with others of its kind: quoted names are left out, and numbers are
/// all "N".
std::string kind_of(std::string_view reason) {
    std::string kind;
    bool quoted = false;
    for (const char c : reason) {
        if (c == '\'' || c == '"') quoted = !quoted;
        if (quoted) continue;
        const bool is_digit = c >= '0' && c <= '9';
        if (!is_digit)
            kind += c;
        else if (!kind.ends_with('N'))
            kind += 'N';
    }
    return kind;
}

std::string painted(Answer answer, Style style) {
    const auto name = name_of(answer);
    switch (answer) {
        case Answer::accepted: return style.good(name);
        case Answer::rejected: return style.bad(name);
        case Answer::unsupported: return style.name(name);
        case Answer::not_loadable: return style.bad(name);
    }
    return "";
}

}  // namespace

std::string csv_head() {
    return "file_name,prog_name,verdict,duration,total_insns,total_states,prog_size\n";
}

std::string csv_line(const Judged& judged) {
    const Verdict& verdict = judged.verdict;
    return fmt::format("{},{},{},{},{},{},{}\n", judged.file, judged.program,
                       csv_verdict(verdict.answer), verdict.duration_us, verdict.insns,
                       verdict.states, judged.insns);
}

std::string verdict_text(const Judged& judged, Style style) {
    const Verdict& verdict = judged.verdict;
    std::string text = fmt::format("{} ({}): {}", style.bold(judged.program), judged.section,
                                   painted(verdict.answer, style));
    if (verdict.answer == Answer::unsupported) return text + ": " + verdict.reason + '\n';
    if (verdict.insns != 0)
        text +=
            fmt::format(", {} instructions looked at, {} states", verdict.insns, verdict.states);
    if (verdict.answer != Answer::accepted) text += "\n  " + verdict.reason;
    return text + '\n';
}

namespace {

/// The kind of a rejection.
Json code_json(const Verdict& verdict) {
    if (verdict.answer != Answer::rejected) return {};
    return kind_of_reason(verdict.reason).code;
}

}  // namespace

Json verdict_json(const Verdict& verdict) {
    return {{"verdict", name_of(verdict.answer)},
            {"errno", verdict.error},
            {"reason", verdict.reason},
            {"code", code_json(verdict)},
            {"insns", verdict.insns},
            {"states", verdict.states},
            {"peak_states", verdict.peak_states},
            {"duration_us", verdict.duration_us}};
}

Json judged_json(const Judged& judged) {
    Json json = {{"file", judged.file},
                 {"program", judged.program},
                 {"section", judged.section},
                 {"size", judged.insns}};
    json.update(verdict_json(judged.verdict));
    json["log"] = judged.verdict.log;
    return json;
}

void Answers::add(Answer answer) {
    switch (answer) {
        case Answer::accepted: ++accepted; break;
        case Answer::rejected: ++rejected; break;
        case Answer::unsupported: ++unsupported; break;
        case Answer::not_loadable: ++not_loadable; break;
    }
}

std::string Answers::text() const {
    std::string text =
        fmt::format("programs {} accepted {} rejected {}", all(), accepted, rejected);
    if (unsupported != 0) text += fmt::format(" unsupported {}", unsupported);
    return text + fmt::format(" not-loadable {}", not_loadable);
}

void Reasons::add(std::string_view reason) { ++counts_[kind_of(reason)]; }

std::vector<Reasons::Count> Reasons::counts() const {
    std::vector<Count> counts;
    for (const auto& [kind, count] : counts_) counts.push_back({kind, count});
    std::ranges::stable_sort(counts, std::greater(), &Count::count);
    return counts;
}

std::string Reasons::text() const {
    std::string text;
    for (const auto& [kind, count] : counts()) text += fmt::format("  {:5} {}\n", count, kind);
    return text;
}

}  // namespace bpftwin::cli
