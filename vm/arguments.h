// Checks of helper arguments in checked mode, derived from the prototypes of the helper table
// (the counterpart of the verifier's check_func_arg).
#pragma once

#include <cstdint>
#include <span>

#include "helpers/prototype.h"

namespace bpftwin {

class InterpreterMachine;

/// Whether `helper` may be called with these values of r1 to r5. If not, the machine is stopped
/// with the argument's number and what is wrong.
bool check_arguments(InterpreterMachine& machine, const Helper& helper,
                     std::span<const std::uint64_t, 5> r);

}  // namespace bpftwin
