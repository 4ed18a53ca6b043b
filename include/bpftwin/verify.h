// The verifier: what Linux says of a program, without a kernel.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string_view>

#include "bpftwin/claims.h"
#include "bpftwin/spec.h"
#include "bpftwin/verdict.h"

namespace bpftwin {

/// The reason of `unsupported` where a program needs the kernel's types and they are not given.
inline constexpr std::string_view lacks_kernel_types = "types of the kernel";

struct VerifyOptions {
    /// Bits: 1 states of the path that fails, 2 every instruction of every path, 4 only numbers.
    std::uint32_t log_level = 0;
    /// Types of the kernel whose verdict is asked for; null: what needs them is `unsupported`.
    std::shared_ptr<const Btf> kernel_types;
    /// Whether that kernel has an address for the variable or function; empty: for all that its
    /// types name.
    std::function<bool(std::string_view)> has_symbol;
    /// CPUs that the kernel may have: bpf_get_smp_processor_id() is below.
    std::uint32_t cpus = 1;
    /// Filled with what holds before each instruction, of a program that is accepted. Takes memory
    /// and time in proportion to the instructions looked at.
    Claims* claims = nullptr;
};

/// Verifies one program of `object` by the rules of Linux 6.18 for a privileged user: the same
/// verdict, errno and last log line as its verifier (kernel/bpf/verifier.c). Nothing is loaded or
/// run, and no privilege is needed. Time and memory are bounded by the kernel's own limits.
/// @param program of `object`, resolved for the kernel where it refers to externs or CO-RE.
/// @return `unsupported` where the program does something that this verifier does not know yet;
/// its reason names it.
Verdict verify(const ObjectSpec& object, const ProgramSpec& program,
               const VerifyOptions& options = {});

}  // namespace bpftwin
