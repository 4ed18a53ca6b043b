// The rules of BPF_MAP_CREATE (map_create in kernel/bpf/syscall.c and each type's
// map_alloc_check), and what libbpf does to a definition before it asks.
#pragma once

#include <cstdint>

#include "bpftwin/error.h"
#include "bpftwin/spec.h"
#include "helpers/maps/value_fields.h"

namespace bpftwin {

/// The kernel's errno for "this map does not do that", which is not in <cerrno>.
inline constexpr int enotsupp = 524;

/// Most CPUs that a machine may have. CONFIG_NR_CPUS differs between kernels; this is x86's
/// largest, which distributions use.
inline constexpr std::uint32_t max_cpus = 8192;

/// Whether the kernel would create such a map.
/// @return nothing, or an Error with the kernel's errno and the attribute at fault.
Result<void> check_map_attributes(const MapSpec& spec, const ValueFields& fields = {});

/// The definition as libbpf would submit it: a perf event array without a size gets one slot per
/// CPU, a ring buffer's size is rounded up to a power of two of whole pages.
MapSpec with_libbpf_defaults(MapSpec spec, std::uint32_t cpu_count);

/// Whether a map defined as `inner` may stand in a map of maps whose inner maps are defined as
/// `meta` (the types' map_meta_equal).
bool fits_as_inner(const MapSpec& meta, const ValueFields& meta_fields, const MapSpec& inner,
                   const ValueFields& inner_fields);

/// Page size of this machine in bytes.
std::uint32_t page_size();

}  // namespace bpftwin
