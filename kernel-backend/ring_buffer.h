// User space's side of BPF_MAP_TYPE_RINGBUF (kernel/bpf/ringbuf.c).
#pragma once

#include <cstdint>
#include <vector>

#include "bpftwin/error.h"

namespace bpftwin::kernel {

/// Consumes what is committed in the ring buffer, in order, without discarded records.
/// @param size the map's `max_entries`.
Result<std::vector<Bytes>> take_records(int map, std::uint32_t size);

}  // namespace bpftwin::kernel
