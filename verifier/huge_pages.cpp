#include "verifier/huge_pages.h"

#include <sys/mman.h>

#include <new>

namespace bpftwin::verifier {
namespace {

constexpr std::size_t page = std::size_t{2} << 20;

std::size_t in_pages(std::size_t bytes) { return (bytes + page - 1) / page * page; }

bool is_large(std::size_t bytes) { return bytes >= page / 4; }

}  // namespace

void* HugePages::do_allocate(std::size_t bytes, std::size_t alignment) {
    if (!is_large(bytes)) return ::operator new(bytes, std::align_val_t(alignment));
    void* piece = ::operator new(in_pages(bytes), std::align_val_t(page));
    // Where there are none, the memory is as good as any.
    madvise(piece, in_pages(bytes), MADV_HUGEPAGE);
    return piece;
}

void HugePages::do_deallocate(void* piece, std::size_t bytes, std::size_t alignment) {
    ::operator delete(piece, std::align_val_t(is_large(bytes) ? page : alignment));
}

}  // namespace bpftwin::verifier
