// What a verifier's log tells besides its text.
#include "bpftwin/verdict.h"

#include <charconv>

namespace bpftwin {
namespace {

/// The number behind the last `label` of the log, or 0.
std::uint64_t number_after(std::string_view log, std::string_view label) {
    const auto found = log.rfind(label);
    if (found == std::string_view::npos) return 0;
    const char* begin = log.data() + found + label.size();
    std::uint64_t number = 0;
    std::from_chars(begin, log.data() + log.size(), number);
    return number;
}

/// Lines that follow the reason: statistics, and what is said of the log itself.
bool is_reason(std::string_view line) {
    if (line.empty() || line.starts_with(';')) return false;
    for (const std::string_view other :
         {"processed ", "verification time ", "stack depth ", "mark_precise: ", "max_states"})
        if (line.starts_with(other)) return false;
    return true;
}

/// Kernels begin the statistics also behind the few reasons that do not end their line.
std::string_view without_statistics(std::string_view line) {
    if (line.contains(" insns (limit ")) line = line.substr(0, line.rfind("processed "));
    return line.substr(0, line.rfind("verification time "));
}

std::string_view last_reason(std::string_view log) {
    while (!log.empty()) {
        const auto end = log.find_last_of('\n');
        const auto line = end == std::string_view::npos ? log : log.substr(end + 1);
        if (is_reason(line)) return without_statistics(line);
        log = end == std::string_view::npos ? "" : log.substr(0, end);
    }
    return "";
}

}  // namespace

std::string_view name_of(Answer answer) {
    switch (answer) {
        case Answer::accepted: return "accepted";
        case Answer::rejected: return "rejected";
        case Answer::unsupported: return "unsupported";
        case Answer::not_loadable: return "not loadable";
    }
    return "";
}

void read_log(Verdict& verdict) {
    if (verdict.answer == Answer::rejected) verdict.reason = last_reason(verdict.log);
    verdict.insns = number_after(verdict.log, "processed ");
    verdict.states = number_after(verdict.log, "total_states ");
    verdict.peak_states = number_after(verdict.log, "peak_states ");
    verdict.duration_us = number_after(verdict.log, "verification time ");
}

}  // namespace bpftwin
