// Live maps that several instances use: what has to agree (libbpf's map_is_reuse_compat).
#pragma once

#include <cstddef>
#include <optional>
#include <string_view>

#include "bpftwin/engine.h"
#include "bpftwin/error.h"
#include "bpftwin/spec.h"

namespace bpftwin {

/// Whether programs compiled for a map defined as `wanted` can use one that exists and is defined
/// as `other`. Both are as libbpf would submit them (`with_libbpf_defaults`).
/// @return an Error that names what differs, or why such maps are never shared.
Result<void> check_sharing(const MapSpec& wanted, const MapSpec& other);

/// The place of the object's map of that name.
std::optional<std::size_t> index_of_map(const ObjectSpec& object, std::string_view name);

/// Whether the object has all maps that others are to stand for.
Result<void> check_shared_names(const ObjectSpec& object, const SharedMaps& shared);

}  // namespace bpftwin
