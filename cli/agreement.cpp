#include "cli/agreement.h"

#include "fmt/format.h"

namespace bpftwin::cli {
namespace {

bool is_judgement(Answer answer) {
    return answer == Answer::accepted || answer == Answer::rejected;
}

Finding finding_of_rejected(const Verdict& ours, const Verdict& theirs) {
    if (ours.reason != theirs.reason) return Finding::other_reason;
    return ours.error != theirs.error ? Finding::other_errno : Finding::same;
}

/// Upper ends of the distances in per mille.
constexpr std::uint64_t ends[] = {0, 10, 100, 500};

/// Place in `Agreement::distances`.
std::size_t place_of_distance(std::uint64_t ours, std::uint64_t theirs) {
    constexpr std::size_t middle = 4;
    const std::uint64_t difference = ours < theirs ? theirs - ours : ours - theirs;
    if (difference == 0) return middle;
    std::size_t steps = 1;
    while (steps < std::size(ends) && difference * 1000 >= ends[steps] * theirs) ++steps;
    return ours < theirs ? middle - steps : middle + steps;
}

}  // namespace

std::string_view name_of(Finding finding) {
    switch (finding) {
        case Finding::same: return "same";
        case Finding::wrongly_accepted: return "wrongly accepted";
        case Finding::wrongly_rejected: return "wrongly rejected";
        case Finding::unsupported: return "unsupported";
        case Finding::not_loadable: return "not loadable";
        case Finding::other_reason: return "other reason";
        case Finding::other_errno: return "other errno";
        case Finding::other_insns: return "other insns";
        case Finding::not_judged: return "not judged";
    }
    return "";
}

Finding finding_of(const JudgedTwice& pair) {
    const Verdict& ours = pair.ours.verdict;
    const Verdict& theirs = pair.theirs.verdict;
    if (!is_judgement(theirs.answer)) return Finding::not_judged;
    const bool accepted = theirs.answer == Answer::accepted;
    switch (ours.answer) {
        case Answer::unsupported: return Finding::unsupported;
        case Answer::not_loadable: return Finding::not_loadable;
        case Answer::accepted:
            if (!accepted) return Finding::wrongly_accepted;
            return ours.insns == theirs.insns ? Finding::same : Finding::other_insns;
        case Answer::rejected:
            return accepted ? Finding::wrongly_rejected : finding_of_rejected(ours, theirs);
    }
    return Finding::same;
}

bool is_wrong(Finding finding) {
    return finding == Finding::wrongly_accepted || finding == Finding::wrongly_rejected ||
           finding == Finding::unsupported || finding == Finding::not_loadable;
}

void Share::add(bool is_part) {
    ++all;
    if (is_part) ++part;
}

std::string Share::text() const {
    if (all == 0) return "0/0";
    const std::size_t per_mille = part * 1000 / all;
    return fmt::format("{}/{} ({}.{} %)", part, all, per_mille / 10, per_mille % 10);
}

void Work::add(const Verdict& verdict) {
    insns += verdict.insns;
    us += verdict.duration_us;
}

double Work::speed() const {
    return us == 0 ? 0 : static_cast<double>(insns) / static_cast<double>(us);
}

void Agreement::add(const JudgedTwice& pair) {
    const Finding finding = finding_of(pair);
    ++counts_[static_cast<std::size_t>(finding)];
    if (finding == Finding::not_judged) return;
    verdict.add(!is_wrong(finding));
    if (finding == Finding::unsupported) features.add(pair.ours.verdict.reason);
    if (is_wrong(finding)) return;
    if (pair.ours.verdict.answer == Answer::accepted) return add_accepted(pair);
    reason.add(finding != Finding::other_reason);
    error.add(pair.ours.verdict.error == pair.theirs.verdict.error);
}

void Agreement::add_accepted(const JudgedTwice& pair) {
    const Verdict& ours = pair.ours.verdict;
    const Verdict& theirs = pair.theirs.verdict;
    insns.add(ours.insns == theirs.insns);
    states.add(ours.states == theirs.states);
    ++distances[place_of_distance(ours.insns, theirs.insns)].programs;
    if (pair.theirs.judge != timed_) return;
    ours_.add(ours);
    theirs_.add(theirs);
}

double Agreement::speed() const {
    return theirs_.speed() == 0 ? 0 : ours_.speed() / theirs_.speed();
}

}  // namespace bpftwin::cli
