// Programs of every type and expected attach type that a kernel takes, to ask it what they may do.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "bpftwin/kernel.h"

namespace bpftwin::test {

/// The verifier of this machine's kernel.
/// @return an Error where it may not be asked, or is not of the release that the tables mirror.
Result<std::unique_ptr<Judge>> make_judge();

/// A program without instructions, and what it may return.
struct Form {
    ProgramSpec program;
    std::int32_t returns;

    [[nodiscard]] std::string name() const;
    /// The program with these instructions before it returns.
    [[nodiscard]] ProgramSpec doing(std::vector<Insn> insns) const;
};

/// Those of the type that the kernel takes: of every attach type, or of some targets where BTF
/// types the programs.
std::vector<Form> forms_of(Judge& judge, ProgType type);

/// Verdict on an object's one program, with the log of that level.
Verdict ask(Judge& judge, const ObjectSpec& object, std::uint32_t level = 1);
/// The same of a program alone, which is under the GPL.
Verdict ask(Judge& judge, const ProgramSpec& program, std::uint32_t level = 1);

}  // namespace bpftwin::test
