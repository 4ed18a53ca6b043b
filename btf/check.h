// How the types of a BTF refer to each other: what the kernel's btf_check_all_types and the resolve
// functions of kernel/bpf/btf.c look at. Types are whole by themselves before (btf/parser.h).
#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "bpftwin/error.h"
#include "btf/btf.h"

namespace bpftwin {

/// Longest chain of types that contain each other, and of pointers and modifiers in a row; so
/// walks over types may recurse. (The kernel resolves at most 32 at a time.)
inline constexpr unsigned max_type_depth = 64;

/// Every chain of references ends: no type contains itself, or points to itself through pointers
/// and modifiers alone. The queries of `btf` that follow chains may be used after it.
/// @return nothing, or an Error (EINVAL) that names the first type that is wrong; as all below.
Result<void> check_chains(const Btf& btf);

/// Bytes of a value of each type, computed once: several types refer to most. Only for types whose
/// chains end.
class ValueSizes {
public:
    static constexpr std::uint32_t other = UINT32_MAX;  ///< No size, or too large for the table.

    explicit ValueSizes(const Btf& btf);
    /// Nothing where a type has no values, as functions and sections, or they have no size.
    [[nodiscard]] std::optional<std::uint64_t> of(std::uint32_t id) const {
        const std::uint32_t known = id < btf_.first_id() ? other : sizes_[id - btf_.first_id()];
        return known == other ? size(id) : known;
    }

private:
    [[nodiscard]] std::optional<std::uint64_t> size(std::uint32_t id) const;

    const Btf& btf_;
    std::vector<std::uint32_t> sizes_;  ///< By id, behind those of the base.
};

/// The types that type `id` refers to are of kinds that make sense there.
Result<void> check_references(const Btf& btf, const ValueSizes& sizes, std::uint32_t id);
/// Members, elements and variables are inside the type `id` that contains them.
Result<void> check_layout(const Btf& btf, const ValueSizes& sizes, std::uint32_t id);

}  // namespace bpftwin
