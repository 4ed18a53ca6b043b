#include "vm/low_memory.h"

#include <sys/mman.h>

#ifndef MAP_FIXED_NOREPLACE
#define MAP_FIXED_NOREPLACE 0x100000
#endif

namespace bpftwin {
namespace {

// Above a non-PIE program and its heap; up to the end of what 32 bits reach.
constexpr std::uint64_t lowest = 0x1000'0000;
constexpr std::uint64_t limit = std::uint64_t{1} << 32;

/// Maps at `hint`, or wherever below the limit the system prefers.
/// @return 0 if it has nothing there.
std::uint64_t map_near(std::uint64_t hint, std::uint64_t size, int protection) {
    void* found = mmap(reinterpret_cast<void*>(hint), size, protection,
                       MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED_NOREPLACE | MAP_NORESERVE, -1, 0);
    if (found == MAP_FAILED) return 0;
    // A kernel or emulator without NOREPLACE takes the address as a mere hint.
    const auto address = reinterpret_cast<std::uint64_t>(found);
    if (address + size <= limit) return address;
    munmap(found, size);
    return 0;
}

}  // namespace

std::uint64_t map_low(std::uint64_t size, int protection) {
    for (std::uint64_t hint = lowest; hint + size <= limit; hint += size)
        if (const std::uint64_t begin = map_near(hint, size, protection)) return begin;
    return 0;
}

}  // namespace bpftwin
