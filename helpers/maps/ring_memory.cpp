#include "helpers/maps/ring_memory.h"

#include <sys/mman.h>
#include <unistd.h>

#include <cerrno>

#include "fmt/format.h"

namespace bpftwin {
namespace {

/// Up to that size a ring has its pages from the start, as every ring in a kernel; larger ones get
/// them when they are used.
constexpr std::uint64_t most_populated = 16U << 20;

/// Maps the file's `size` bytes twice into `room`, which has space for both.
bool map_twice(int file, std::byte* room, std::uint64_t size) {
    const int populate = size <= most_populated ? MAP_POPULATE : 0;
    for (std::byte* at : {room, room + size})
        if (mmap(at, size, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_FIXED | populate, file, 0) ==
            MAP_FAILED)
            return false;
    return true;
}

std::byte* map_data(std::uint64_t size) {
    const int file = memfd_create("ringbuf", MFD_CLOEXEC);
    if (file < 0) return nullptr;
    void* room = MAP_FAILED;
    if (ftruncate(file, static_cast<off_t>(size)) == 0)
        room =
            mmap(nullptr, 2 * size, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    const bool mapped = room != MAP_FAILED && map_twice(file, static_cast<std::byte*>(room), size);
    if (!mapped && room != MAP_FAILED) munmap(room, 2 * size);
    close(file);
    return mapped ? static_cast<std::byte*>(room) : nullptr;
}

}  // namespace

Result<RingMemory> RingMemory::create(std::uint64_t size) {
    std::byte* begin = map_data(size);
    if (!begin)
        return fail(fmt::format("the system has no {} bytes for a ring buffer", size), ENOMEM);
    return RingMemory(begin, size);
}

RingMemory::~RingMemory() {
    if (begin_) munmap(begin_, 2 * size_);
}

}  // namespace bpftwin
