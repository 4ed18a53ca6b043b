// Memory that a descriptor shares with this process.
#pragma once

#include <sys/mman.h>
#include <unistd.h>

#include <cerrno>
#include <cstddef>
#include <cstring>
#include <utility>

#include "bpftwin/error.h"

namespace bpftwin::kernel {

inline std::size_t page_size() { return static_cast<std::size_t>(sysconf(_SC_PAGESIZE)); }

/// One mmap(2) that undoes itself. Moves only.
class Mapping {
public:
    /// @param address where, if nothing is there; 0: anywhere.
    static Result<Mapping> create(int descriptor, std::size_t size, int protection,
                                  std::size_t offset, std::uint64_t address = 0) {
        const int flags = MAP_SHARED | (address != 0 ? MAP_FIXED_NOREPLACE : 0);
        void* begin = mmap(reinterpret_cast<void*>(address), size, protection, flags, descriptor,
                           static_cast<off_t>(offset));
        if (begin == MAP_FAILED) return fail(std::string("mmap: ") + std::strerror(errno), errno);
        return Mapping(static_cast<std::byte*>(begin), size);
    }
    Mapping(Mapping&& other) noexcept
        : begin_(std::exchange(other.begin_, nullptr)), size_(other.size_) {}
    Mapping& operator=(Mapping&& other) noexcept {
        std::swap(begin_, other.begin_);
        std::swap(size_, other.size_);
        return *this;
    }
    ~Mapping() {
        if (begin_ != nullptr) munmap(begin_, size_);
    }

    [[nodiscard]] std::byte* begin() const { return begin_; }
    /// A number that the other side reads or writes at the same time.
    template <class Number>
    [[nodiscard]] Number load(std::size_t offset) const {
        return __atomic_load_n(at<Number>(offset), __ATOMIC_ACQUIRE);
    }
    template <class Number>
    void store(std::size_t offset, Number value) const {
        __atomic_store_n(at<Number>(offset), value, __ATOMIC_RELEASE);
    }

private:
    Mapping(std::byte* begin, std::size_t size) : begin_(begin), size_(size) {}
    template <class Number>
    Number* at(std::size_t offset) const {
        return reinterpret_cast<Number*>(begin_ + offset);
    }

    std::byte* begin_;
    std::size_t size_;
};

}  // namespace bpftwin::kernel
