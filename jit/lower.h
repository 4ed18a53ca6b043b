// From instructions to lowered code.
#pragma once

#include <memory>
#include <span>

#include "bpftwin/error.h"
#include "helpers/map.h"
#include "jit/lowered.h"
#include "vm/constants.h"

namespace bpftwin::jit {

/// The maps that a program may refer to, by index in `ObjectSpec::maps`.
struct ProgramMaps {
    std::span<const MapAddress> addresses;
    std::span<const std::shared_ptr<Map>> maps;
    /// Every call of a helper or kernel function goes through the run's `Interceptor`.
    bool intercepted = false;
};

/// Checks a program, resolves what it refers to, and chooses what is to be emitted.
/// @return an Error that begins with the program's name where `decode_runnable` gives one, or where
/// control flow leaves a function other than by call and exit, which the kernel rejects too
/// (check_subprogs).
Result<LoweredProgram> lower(const ProgramSpec& program, const ProgramMaps& maps);

/// Fills `live_after` of every operation: backward data flow over all functions.
void find_live_registers(LoweredProgram& program);

/// Replaces short sequences by single operations that do the same, and drops what computes values
/// that nothing reads. Needs `live_after` and keeps it true.
void fold(LoweredProgram& program);

}  // namespace bpftwin::jit
