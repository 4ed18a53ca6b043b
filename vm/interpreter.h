// The interpreter's loop: direct-threaded, one source for every mode.
#pragma once

#include <cstdint>
#include <span>

#include "vm/interpreter_machine.h"

namespace bpftwin {

/// Addresses of the handlers of `mode`, indexed by `Op` and `Step`, for `Image::prepare`.
std::span<const void* const> handlers(Mode mode);

/// Interprets from `entry`, which belongs to the image of the machine's innermost frame, until that
/// frame exits or the machine is stopped. `registers` are r0 to r10.
/// @return r0.
template <Mode mode>
std::uint64_t interpret(InterpreterMachine& machine, const Code* entry, std::uint64_t* registers);

}  // namespace bpftwin
