// How far two verifiers agree on programs.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "cli/verdicts.h"

namespace bpftwin::cli {

/// One program and what two verifiers say of it.
struct JudgedTwice {
    Judged ours;    ///< That of the verifier under test.
    Judged theirs;  ///< That of the one it is held against.
};

/// What the comparison of two verdicts finds.
enum class Finding : std::uint8_t {
    same,
    wrongly_accepted,
    wrongly_rejected,
    unsupported,   ///< By ours.
    not_loadable,  ///< By ours, while theirs judged it.
    other_reason,  ///< Both reject.
    other_errno,   ///< Both reject for the same reason.
    other_insns,   ///< Both accept, having looked at more or fewer instructions.
    not_judged,    ///< By theirs: nothing to compare with.
};
inline constexpr std::size_t findings = 9;
/// "wrongly accepted"
std::string_view name_of(Finding finding);

Finding finding_of(const JudgedTwice& pair);
/// Whether the answers differ, not only what goes with them.
bool is_wrong(Finding finding);

/// How many of how many.
struct Share {
    std::size_t part = 0, all = 0;

    void add(bool is_part);
    /// "2155/2342 (92.0 %)"; rounded down, so that 100.0 % means all.
    [[nodiscard]] std::string text() const;
};

/// How far our number of instructions is from theirs, as a share of theirs.
struct Distance {
    std::string_view direction;  ///< "fewer", "more", or of the same number "".
    std::string_view size;       ///< "<10 %"
    std::size_t programs = 0;
};

/// Instructions looked at, and the time that took.
struct Work {
    std::uint64_t insns = 0, us = 0;

    void add(const Verdict& verdict);
    /// Instructions per microsecond; 0 where no time was measured.
    [[nodiscard]] double speed() const;
};

/// Sums over programs. What they are shares of are the programs that theirs judged.
class Agreement {
public:
    /// @param timed name of the verifier of theirs whose time is compared: others of a panel run in
    /// virtual machines.
    explicit Agreement(std::string timed) : timed_(std::move(timed)) {}

    void add(const JudgedTwice& pair);

    [[nodiscard]] std::size_t count(Finding finding) const {
        return counts_[static_cast<std::size_t>(finding)];
    }
    /// All, also those that theirs did not judge.
    [[nodiscard]] std::size_t programs() const { return verdict.all + count(Finding::not_judged); }
    [[nodiscard]] const std::string& timed() const { return timed_; }
    /// Our speed over theirs, over programs that both accept; 0 where there are none.
    [[nodiscard]] double speed() const;

    Share verdict, reason, error, insns, states;
    Reasons features;  ///< Unsupported ones.
    std::array<Distance, 9> distances = {{{"fewer", ">=50 %"},
                                          {"fewer", "<50 %"},
                                          {"fewer", "<10 %"},
                                          {"fewer", "<1 %"},
                                          {"", "0"},
                                          {"more", "<1 %"},
                                          {"more", "<10 %"},
                                          {"more", "<50 %"},
                                          {"more", ">=50 %"}}};

private:
    void add_accepted(const JudgedTwice& pair);

    std::string timed_;
    std::array<std::size_t, findings> counts_{};
    Work ours_, theirs_;
};

}  // namespace bpftwin::cli
