// What a program's BTF says of its functions and lines, checked before it is used
// (kernel/bpf/verifier.c: check_btf_info_early, check_btf_info). Lines are found by btf/source.h.
#pragma once

#include <cstdint>
#include <span>

#include "bpftwin/spec.h"
#include "btf/btf.h"
#include "verifier/flow.h"
#include "verifier/rejection.h"

namespace bpftwin::verifier {

/// Whether func_info is sorted and names functions: before subprograms are found, as one of them
/// may tell an exception callback. Without BTF of the object there is no info.
Checked<void> check_func_info(const ObjectSpec& object, const ProgramSpec& program);

/// Whether func_info has exactly the subprograms, whether those may load from packets by LD_ABS and
/// tail-call, and whether line_info is sorted and has a line for each. Nothing else is asked of a
/// program without info.
Checked<void> check_btf_info(const ObjectSpec& object, const ProgramSpec& program,
                             std::span<const Subprogram> subprograms);

/// The FUNC of a subprogram, which says its name and linkage, or null: after `check_btf_info`.
const BtfType* function_type(const ObjectSpec& object, const ProgramSpec& program,
                             std::uint32_t subprogram);

}  // namespace bpftwin::verifier
