#include "tests/verdicts/contest.h"

#include <algorithm>
#include <numeric>

#include "compare/judge.h"
#include "fmt/format.h"
#include "fmt/ranges.h"
#include "tests/differential/shrink.h"

namespace bpftwin::verdicts {
namespace {

constexpr std::uint32_t numbers_only = 4;

constexpr std::array<std::string_view, agreement_count> names = {
    "wrongly accepted", "wrongly rejected", "other reason", "other insns",
    "accepted",         "rejected",         "unsupported",  "not judged"};

}  // namespace

std::string_view name_of(Agreement agreement) { return names[static_cast<std::size_t>(agreement)]; }

Agreement compare(const Verdict& ours, const Verdict& theirs) {
    if (theirs.answer == Answer::not_loadable) return Agreement::not_judged;
    if (ours.answer == Answer::unsupported) return Agreement::unsupported;
    if (ours.answer != theirs.answer)
        return ours.answer == Answer::accepted ? Agreement::wrongly_accepted
                                               : Agreement::wrongly_rejected;
    if (ours.answer == Answer::accepted)
        return ours.insns == theirs.insns ? Agreement::accepted : Agreement::other_insns;
    const bool same = ours.reason == theirs.reason && ours.error == theirs.error;
    return same ? Agreement::rejected : Agreement::other_reason;
}

std::string kind_of(const Opinions& opinions) {
    const auto shape = [](std::string reason) {
        std::erase_if(reason, [](char c) { return c >= '0' && c <= '9'; });
        return reason;
    };
    return fmt::format("{}\n  ours:   {}\n  kernel: {}", name_of(opinions.agreement()),
                       shape(opinions.ours.reason), shape(opinions.theirs.reason));
}

std::uint64_t Sums::all() const {
    return std::accumulate(counts_.begin(), counts_.end(), std::uint64_t{0});
}

std::string Sums::text() const {
    std::vector<std::string> parts;
    for (std::size_t i = 0; i < agreement_count; ++i)
        parts.push_back(fmt::format("{} {}", names[i], counts_[i]));
    return fmt::format("programs {}: {}", all(), fmt::join(parts, ", "));
}

Result<Contest> Contest::make() {
    auto ours = compare::make_judge("bpftwin");
    if (!ours) return std::unexpected(ours.error());
    auto theirs = compare::make_judge("kernel");
    if (!theirs) return std::unexpected(theirs.error());
    return Contest(std::move(*ours), std::move(*theirs));
}

Result<std::vector<Opinions>> Contest::judge(const ObjectSpec& object) {
    std::vector<std::string> programs;
    for (const ProgramSpec& program : object.programs) programs.push_back(program.name);
    auto ours = ours_->judge(object, programs, numbers_only);
    if (!ours) return std::unexpected(ours.error());
    auto theirs = theirs_->judge(object, programs, numbers_only);
    if (!theirs) return std::unexpected(theirs.error());
    std::vector<Opinions> opinions;
    for (std::size_t i = 0; i < programs.size(); ++i)
        opinions.push_back({std::move((*ours)[i]), std::move((*theirs)[i])});
    return opinions;
}

differential::Case Contest::shrunk(const differential::Case& of) {
    const auto kind = [&](const differential::Case& one) {
        const auto opinions = judge(one.object);
        return opinions ? kind_of(opinions->front()) : std::string();
    };
    return differential::shrink(
        of, [&, sought = kind(of)](const differential::Case& one) { return kind(one) == sought; });
}

}  // namespace bpftwin::verdicts
