// What following a path has in common in local and target types.
#pragma once

#include <cerrno>
#include <cstdint>

#include "btf/core.h"

namespace bpftwin::core_walk {

/// BPF_CORE_SPEC_MAX_LEN.
inline constexpr std::size_t most_steps = 64;

/// Whether an array that the path has just come to has that element. The last member of a struct
/// may be an array without a length, which has all.
inline bool has_element(const CorePath& path, const BtfType& array, std::uint32_t index) {
    if (index < array.count) return true;
    const CoreStep& owner = path.steps.back();
    return array.count == 0 && !owner.name.empty() &&
           owner.index + 1 == path.btf->type(owner.type).count;
}

/// Appends the step to an element of (resolved) type `id`.
inline Result<void> enter_element(CorePath& path, std::uint32_t id, std::uint32_t index) {
    const auto size = path.btf->size_of(id);
    if (!size) return fail(describe(*path.btf, id) + " has no size", EINVAL);
    path.steps.push_back({id, index, {}});
    path.bit_offset += static_cast<std::uint32_t>(index * *size * 8);
    return {};
}

}  // namespace bpftwin::core_walk
