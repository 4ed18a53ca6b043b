// Verifiers by name: this project's own, and those of kernels.
#pragma once

#include <cstdint>
#include <memory>
#include <string_view>

#include "bpftwin/claims.h"
#include "bpftwin/kernel.h"
#include "bpftwin/spec.h"
#include "bpftwin/verdict.h"

namespace bpftwin::compare {

/// The verifier of that name: "bpftwin" is ours, which needs no privilege and makes objects ready
/// for the kernel of this machine; "kernel" and "vm:6.12" are those of kernels
/// (`make_kernel_judge`).
/// @return an Error that lists the names, or says what a kernel lacks.
Result<std::unique_ptr<Judge>> make_judge(std::string_view name);

/// Types of this machine's kernel, read once; null where it does not show them.
std::shared_ptr<const Btf> kernel_types_here();

/// The kernel that an object was made ready for, as far as our verifier asks for it.
struct ReadyFor {
    /// Its types; null: not read yet, or not known.
    std::shared_ptr<const Btf> types = nullptr;
    /// Whether it is this machine's, whose types are read where a program needs them.
    bool this_machine = true;
    std::uint32_t cpus = 0;  ///< That it may have; 0: as many as this machine.
    std::uint32_t log_level = 0;
    Claims* claims = nullptr;  ///< As `VerifyOptions::claims`.
};

/// What our verifier says of a program of an object that is ready: `not_loadable` where something
/// that a kernel looks for before it verifies is missing.
Verdict verify_ready(const ObjectSpec& object, const ProgramSpec& program, const ReadyFor& kernel);

}  // namespace bpftwin::compare
