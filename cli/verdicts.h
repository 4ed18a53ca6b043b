// Verdicts as `bpftwin verify` and `bpftwin corpus` show them.
#pragma once

#include <cstddef>
#include <map>
#include <string>
#include <string_view>
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
    std::string judge;  ///< Name of the verifier that said it.
    Verdict verdict;
};

/// The first line of the CSV output: veristat's columns.
std::string csv_head();
std::string csv_line(const Judged& judged);
/// One line, and for what was not accepted the reason or the feature that is missing.
std::string verdict_text(const Judged& judged, Style style);
/// The answer, its reason and its numbers; not the log.
Json verdict_json(const Verdict& verdict);
/// The program, the verdict on it and the log.
Json judged_json(const Judged& judged);

/// How often each answer was given.
struct Answers {
    std::size_t accepted = 0, rejected = 0, unsupported = 0, not_loadable = 0;

    void add(Answer answer);
    [[nodiscard]] std::size_t all() const {
        return accepted + rejected + unsupported + not_loadable;
    }
    /// "programs 4 accepted 2 rejected 1 not-loadable 1"
    [[nodiscard]] std::string text() const;
};

/// How often each kind of reason was given. Reasons are of one kind when they differ only in
/// numbers and quoted names.
class Reasons {
public:
    struct Count {
        std::string kind;
        std::size_t count;
    };
    void add(std::string_view reason);
    /// The most frequent first.
    [[nodiscard]] std::vector<Count> counts() const;
    /// A line for each.
    [[nodiscard]] std::string text() const;

private:
    std::map<std::string, std::size_t> counts_;
};

}  // namespace bpftwin::cli
