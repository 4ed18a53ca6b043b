// The least programs of a type, as a kernel is asked about them.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "bpftwin/insn.h"
#include "bpftwin/kinds.h"
#include "kernel-backend/attach_target.h"
#include "kernel-backend/kernel.h"

namespace bpftwin::kernel {

/// One row of kernel-backend/program_forms.def.
struct ProgramForm {
    ProgType type;
    std::optional<AttachType> attach = {};
    std::string_view target = {};
    std::uint32_t flags = 0;
};

/// The forms of a type, at least one.
std::vector<ProgramForm> forms_of(ProgType type);

/// What programs of that form attach to.
/// @return an Error with the code ESRCH where the kernel has no such type.
Result<AttachTarget> target_of(Kernel& kernel, const ProgramForm& form);

/// A kernel's answer to a program.
struct Reply {
    std::optional<Error> refusal;  ///< Nothing: it was loaded.
    std::string log;               ///< Empty where the verifier did not come to read it.
};

/// Submits instructions and drops the program again.
Reply submit(Kernel& kernel, const ProgramForm& form, const AttachTarget& target,
             std::span<const Insn> insns);

}  // namespace bpftwin::kernel
