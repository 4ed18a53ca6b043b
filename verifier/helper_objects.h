// Structs of the kernel that helpers take and return: verifier/helper_objects.def, and the kernel's
// structs of maps.
#pragma once

#include <string_view>

#include "bpftwin/kinds.h"
#include "helpers/prototype.h"

namespace bpftwin::verifier {

/// The struct that the helper's `btf_id` argument points to, or nothing where it is not known.
std::string_view object_taken_by(const Helper& helper);
/// The struct that its result points to, or nothing.
std::string_view object_returned_by(const Helper& helper);

/// The struct of a map in the kernel ("bpf_array"; map_btf_id of its bpf_map_ops), or nothing.
std::string_view struct_of_map(MapType type);

}  // namespace bpftwin::verifier
