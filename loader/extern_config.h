// Externs of `.kconfig`: what a target's configuration says, stored where programs read it.
#pragma once

#include <vector>

#include "bpftwin/target.h"

namespace bpftwin {

/// Stores the configuration values of the object in its map `.kconfig`, which is zeroed before.
/// @param outcomes by index of the extern; those of other kinds are left alone.
void resolve_config(ObjectSpec& object, const Target& target, std::vector<ExternOutcome>& outcomes);

}  // namespace bpftwin
