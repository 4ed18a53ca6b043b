// Our verdicts on programs beside the running kernel's, and where they differ.
#pragma once

#include <array>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "bpftwin/kernel.h"
#include "tests/differential/program_generator.h"

namespace bpftwin::verdicts {

/// How our answer stands to the kernel's. The worst come first.
enum class Agreement : std::uint8_t {
    wrongly_accepted,
    wrongly_rejected,
    other_reason,
    other_insns,  ///< Accepted by both, after another number of instructions.
    accepted,
    rejected,
    unsupported,  ///< We do not know what it uses.
    not_judged,   ///< By the kernel, for something other than its verifier.
};
inline constexpr std::size_t agreement_count = 8;
std::string_view name_of(Agreement agreement);

Agreement compare(const Verdict& ours, const Verdict& theirs);

/// What was said of one program.
struct Opinions {
    Verdict ours, theirs;

    [[nodiscard]] Agreement agreement() const { return compare(ours, theirs); }
};

/// The agreement and the reasons without their numbers, for findings that are of one kind.
std::string kind_of(const Opinions& opinions);

/// How often each was met.
class Sums {
public:
    void add(Agreement agreement) { ++counts_[static_cast<std::size_t>(agreement)]; }
    [[nodiscard]] std::uint64_t of(Agreement agreement) const {
        return counts_[static_cast<std::size_t>(agreement)];
    }
    [[nodiscard]] std::uint64_t all() const;
    /// "programs 8: wrongly accepted 0, wrongly rejected 1, …"
    [[nodiscard]] std::string text() const;

private:
    std::array<std::uint64_t, agreement_count> counts_{};
};

/// The two verifiers.
class Contest {
public:
    /// @return an Error where the kernel cannot be asked.
    static Result<Contest> make();

    /// The opinions on each of the object's programs, in order.
    Result<std::vector<Opinions>> judge(const ObjectSpec& object);

    /// The case, which has one program, as small as the opinions are of the same kind.
    differential::Case shrunk(const differential::Case& of);

private:
    Contest(std::unique_ptr<Judge> ours, std::unique_ptr<Judge> theirs)
        : ours_(std::move(ours)), theirs_(std::move(theirs)) {}

    std::unique_ptr<Judge> ours_, theirs_;
};

}  // namespace bpftwin::verdicts
