#include "helpers/maps/slab.h"

#include <sys/mman.h>

#include <cerrno>

#include "fmt/format.h"

namespace bpftwin {
namespace {

constexpr std::uint64_t huge_page = 2U << 20;

}  // namespace

Result<Slab> Slab::create(std::uint64_t count, std::uint64_t stride) {
    if (stride != 0 && count > max_bytes / stride)
        return fail(fmt::format("{} elements of {} bytes exceed the {} GiB a map may have", count,
                                stride, max_bytes >> 30),
                    ENOMEM);
    const std::uint64_t bytes = count * stride;
    if (bytes == 0) return Slab();
    void* memory = mmap(nullptr, bytes, PROT_READ | PROT_WRITE,
                        MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    if (memory == MAP_FAILED)
        return fail(fmt::format("the system has no {} bytes for a map", bytes), ENOMEM);
    // Keys are looked up in no order: huge pages spare most of the misses of the TLB.
    if (bytes >= huge_page) madvise(memory, bytes, MADV_HUGEPAGE);
    return Slab(static_cast<std::byte*>(memory), bytes);
}

Slab::~Slab() {
    if (begin_) munmap(begin_, bytes_);
}

}  // namespace bpftwin
