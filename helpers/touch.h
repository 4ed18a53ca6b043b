// Program memory on which a fault must not come at a bad time. Where nothing checks accesses, a
// helper that is given a bad address is left at the instruction that faults: what it locked or took
// stays so. Helpers that lock or take something touch such memory first.
#pragma once

#include <cstdint>

namespace bpftwin {

/// Reads one byte of every page of `size` bytes: a fault comes here or not at all.
void touch_readable(const void* memory, std::uint64_t size);

/// The same for memory that will be written. Its bytes keep their values.
void touch_writable(void* memory, std::uint64_t size);

}  // namespace bpftwin
