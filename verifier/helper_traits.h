// What helpers do that their prototypes do not say: verifier/helper_traits.def as sets.
#pragma once

#include <cstdint>

namespace bpftwin::verifier {

enum HelperTrait : std::uint8_t {
    looks_up = 1,            ///< Gives the value of a map's key.
    unlocks_values = 2,      ///< Gives a lock back.
    acquires = 4,            ///< The result must be given back.
    casts_pointer = 8,       ///< The result is the argument's object, as another type.
    depends_on_kernel = 32,  ///< Kernels have it or not, by configuration and lockdown.
    changes_map = 64,        ///< Writes, adds or removes a value.
    returns_length = 16,     ///< The result is at most the size argument, or an errno.
};

/// Whether the helper of that number (from 1) has the trait; numbers of no helper have none.
bool has_trait(std::uint32_t helper, HelperTrait trait);

}  // namespace bpftwin::verifier
