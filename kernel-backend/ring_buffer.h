// User space's side of BPF_MAP_TYPE_RINGBUF and BPF_MAP_TYPE_USER_RINGBUF (kernel/bpf/ringbuf.c).
#pragma once

#include <cstdint>
#include <vector>

#include "bpftwin/error.h"

namespace bpftwin::kernel {

/// Consumes what is committed in the ring buffer, in order, without discarded records.
/// @param size the map's `max_entries`.
Result<std::vector<Bytes>> take_records(int map, std::uint32_t size);

/// Produces a record. @return an Error: ENOSPC where there is no room now, E2BIG where there never
/// is.
Result<void> put_record(int map, std::uint32_t size, ByteView record);

}  // namespace bpftwin::kernel
