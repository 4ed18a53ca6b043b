// Why a verifier rejected a program, for people who do not know its words.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace bpftwin {

/// A kind of rejection.
struct ReasonKind {
    std::string_view code;    ///< Stable: "map-value-maybe-null".
    std::string_view plain;   ///< What it means.
    std::string_view change;  ///< What to do.
    std::span<const std::string_view>
        texts;  ///< Verifiers' lines that mean it, with * for anything.
};

/// All kinds; the last one, "other", is of what no other is.
std::span<const ReasonKind> reason_kinds();

/// The kind of a verifier's last line (`Verdict::reason`), ours or a kernel's.
const ReasonKind& kind_of_reason(std::string_view reason);

/// A conditional jump on the path that was rejected.
struct PathBranch {
    std::uint32_t insn = 0;
    bool taken = false;
};

/// One step in the life of a value.
struct ValueStep {
    std::uint32_t insn = 0;
    std::string what;  ///< "set", "narrowed", "spilled to fp-8".
};

/// How a rejected program came to the instruction that is refused.
struct Explanation {
    std::uint32_t insn = 0;            ///< That instruction.
    std::vector<PathBranch> branches;  ///< The path to it from the function's beginning, in order.
    std::string value;                 ///< The register that the reason names: "R1=scalar()".
    std::vector<ValueStep> history;    ///< Where it got that from, the latest step first.
};

}  // namespace bpftwin
