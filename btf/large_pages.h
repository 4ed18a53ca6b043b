// Memory for tables of many megabytes.
#pragma once

#include <sys/mman.h>

#include <cstddef>
#include <new>

namespace bpftwin {

/// An allocator that asks for large pages where they fit: the types of a kernel take thousands of
/// small ones, and their page faults more time than reading the types.
template <class T>
struct LargePages {
    using value_type = T;

    LargePages() = default;
    template <class U>
    explicit(false) LargePages(const LargePages<U>&) {}

    T* allocate(std::size_t count) {
        const std::size_t bytes = count * sizeof(T);
        void* memory = ::operator new(bytes, alignment(bytes));
        // Only advice: without large pages everything works as well.
        if (bytes >= page) (void)madvise(memory, bytes, MADV_HUGEPAGE);
        return static_cast<T*>(memory);
    }
    void deallocate(T* memory, std::size_t count) {
        ::operator delete(memory, alignment(count * sizeof(T)));
    }
    friend bool operator==(const LargePages&, const LargePages&) { return true; }

private:
    static constexpr std::size_t page = std::size_t{2} << 20;
    static constexpr std::align_val_t alignment(std::size_t bytes) {
        return std::align_val_t{bytes >= page ? page : alignof(T)};
    }
};

}  // namespace bpftwin
