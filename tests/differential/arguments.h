// Arguments of helpers, by their prototypes.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>

#include "tests/differential/draft.h"

namespace bpftwin::differential {

/// A map that satisfies `wanted`, or nothing if the one chosen does not.
std::optional<std::uint8_t> choose_map(Draft& draft,
                                       const std::function<bool(const MapSpec&)>& wanted);
/// Loads the address of a map, or of one that it cannot be told from here.
void load_map(Draft& draft, std::uint8_t dst, std::uint8_t map);
/// Loads the address of a key that the map may well have.
bool load_key(Draft& draft, std::uint8_t dst, const MapSpec& map);
/// Puts any scalar into a register.
void load_scalar(Draft& draft, std::uint8_t dst);

/// A call of a helper whose effects are the same on every engine.
bool generate_helper_call(Draft& draft);

}  // namespace bpftwin::differential
