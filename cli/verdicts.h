// Verdicts as `bpftwin verify` and `bpftwin corpus` show them.
#pragma once

#include <string>
#include <vector>

#include "bpftwin/spec.h"
#include "bpftwin/verdict.h"
#include "cli/json.h"
#include "cli/terminal.h"

namespace bpftwin::cli {

/// One program and what was said of it.
struct Judged {
    std::string file;  ///< Without folders, as veristat has it.
    std::string program;
    std::string section;
    std::size_t insns;  ///< Its size.
    Verdict verdict;
};

/// The first line of the CSV output: veristat's columns.
std::string csv_head();
std::string csv_line(const Judged& judged);
/// One line, and for what was not accepted the reason.
std::string verdict_text(const Judged& judged, Style style);
Json verdict_json(const Judged& judged);

/// How often each answer was given.
struct Answers {
    std::size_t accepted = 0, rejected = 0, not_loadable = 0;

    void add(Answer answer);
    [[nodiscard]] std::size_t all() const { return accepted + rejected + not_loadable; }
    /// "programs 4 accepted 2 rejected 1 not-loadable 1"
    [[nodiscard]] std::string text() const;
};

}  // namespace bpftwin::cli
