// Which helpers take which maps, and which programs may use them (check_map_func_compatibility and
// check_map_prog_compatibility of kernel/bpf/verifier.c).
#pragma once

#include "bpftwin/spec.h"
#include "helpers/prototype.h"
#include "verifier/rejection.h"

namespace bpftwin::verifier {

/// Whether the helper takes maps of that type, called by that program (which matters to updates of
/// maps of sockets).
Checked<void> check_map_helper(MapType map, const Helper& helper, const ProgramSpec& program);

/// Special fields of a map's values (`struct btf_record`): bits of a set.
namespace map_field {
inline constexpr unsigned list_head = 1;
inline constexpr unsigned rb_root = 2;
inline constexpr unsigned spin_lock = 4;
inline constexpr unsigned timer = 8;
inline constexpr unsigned work_queue = 16;
}  // namespace map_field

/// Whether the program may refer to the map at all.
/// @param fields set of `map_field`.
Checked<void> check_map_program(const MapSpec& map, unsigned fields, const ProgramSpec& program);

}  // namespace bpftwin::verifier
