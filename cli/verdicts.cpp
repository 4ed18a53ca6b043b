#include "cli/verdicts.h"

#include "fmt/format.h"

namespace bpftwin::cli {
namespace {

/// veristat knows two verdicts.
std::string_view csv_verdict(Answer answer) {
    return answer == Answer::accepted ? "success" : "failure";
}

std::string painted(const Verdict& verdict, Style style) {
    const auto name = name_of(verdict.answer);
    return verdict.answer == Answer::accepted ? style.good(name) : style.bad(name);
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
                                   painted(verdict, style));
    if (verdict.insns != 0)
        text +=
            fmt::format(", {} instructions looked at, {} states", verdict.insns, verdict.states);
    if (verdict.answer != Answer::accepted) text += fmt::format("\n  {}", verdict.reason);
    return text + '\n';
}

Json verdict_json(const Judged& judged) {
    const Verdict& verdict = judged.verdict;
    return {{"file", judged.file},
            {"program", judged.program},
            {"section", judged.section},
            {"size", judged.insns},
            {"verdict", name_of(verdict.answer)},
            {"errno", verdict.error},
            {"reason", verdict.reason},
            {"insns", verdict.insns},
            {"states", verdict.states},
            {"peak_states", verdict.peak_states},
            {"duration_us", verdict.duration_us},
            {"log", verdict.log}};
}

void Answers::add(Answer answer) {
    switch (answer) {
        case Answer::accepted: ++accepted; break;
        case Answer::rejected: ++rejected; break;
        case Answer::not_loadable: ++not_loadable; break;
    }
}

std::string Answers::text() const {
    return fmt::format("programs {} accepted {} rejected {} not-loadable {}", all(), accepted,
                       rejected, not_loadable);
}

}  // namespace bpftwin::cli
