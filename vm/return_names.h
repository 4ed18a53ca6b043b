// Return values by name: what the kernel does with a program's r0, per program type.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

#include "bpftwin/kinds.h"

namespace bpftwin {

/// The name ("XDP_PASS", "TC_ACT_OK", "SK_DROP") of a return value. Hooks look at its low 32 bits.
/// @param attach tells tcx and stream parsers from their siblings of the same program type.
/// @return nothing for types whose value is a plain number and for values without a name.
std::optional<std::string_view> return_name(ProgType type, std::optional<AttachType> attach,
                                            std::uint64_t value);

}  // namespace bpftwin
