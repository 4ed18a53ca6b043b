#include "verifier/huge_pages.h"

#include <sys/mman.h>

#include <map>
#include <mutex>
#include <new>

namespace bpftwin::verifier {
namespace {

constexpr std::size_t page = std::size_t{2} << 20;

std::size_t in_pages(std::size_t bytes) { return (bytes + page - 1) / page * page; }

bool is_large(std::size_t bytes) { return bytes >= page / 4; }

/// Pieces that nobody uses.
class KeptPieces {
public:
    KeptPieces() = default;
    KeptPieces(const KeptPieces&) = delete;
    KeptPieces& operator=(const KeptPieces&) = delete;
    ~KeptPieces() {
        for (const auto& [size, piece] : pieces_) release(piece);
    }

    /// One of that many bytes; null: there is none.
    void* take(std::size_t size) {
        const std::scoped_lock lock(mutex_);
        auto piece = pieces_.extract(size);
        if (!piece) return nullptr;
        size_ -= size;
        return piece.mapped();
    }

    void keep(void* piece, std::size_t size) {
        const std::scoped_lock lock(mutex_);
        if (size > HugePages::most_kept - size_) return release(piece);
        pieces_.emplace(size, piece);
        size_ += size;
    }

private:
    static void release(void* piece) { ::operator delete(piece, std::align_val_t(page)); }

    std::mutex mutex_;
    std::multimap<std::size_t, void*> pieces_;
    std::size_t size_ = 0;  ///< Of all of them.
};

KeptPieces& kept_pieces() {
    static KeptPieces pieces;
    return pieces;
}

}  // namespace

void* HugePages::do_allocate(std::size_t bytes, std::size_t alignment) {
    if (!is_large(bytes)) return ::operator new(bytes, std::align_val_t(alignment));
    const std::size_t size = in_pages(bytes);
    if (void* kept = kept_pieces().take(size)) return kept;
    void* piece = ::operator new(size, std::align_val_t(page));
    // Where there are none, the memory is as good as any.
    madvise(piece, size, MADV_HUGEPAGE);
    return piece;
}

void HugePages::do_deallocate(void* piece, std::size_t bytes, std::size_t alignment) {
    if (!is_large(bytes)) return ::operator delete(piece, std::align_val_t(alignment));
    kept_pieces().keep(piece, in_pages(bytes));
}

}  // namespace bpftwin::verifier
