// Memory of maps: reserved at once, given real pages when touched, zero at first, never moved.
#pragma once

#include <cstddef>
#include <cstdint>
#include <utility>

#include "bpftwin/error.h"

namespace bpftwin {

/// One anonymous mapping, aligned to a page.
class Slab {
public:
    /// Most bytes that one slab may have. Larger maps fail as on a machine that is too small.
    static constexpr std::uint64_t max_bytes = std::uint64_t{16} << 30;

    Slab() = default;
    /// `count` elements of `stride` bytes.
    /// @return zeroed memory, or an Error (ENOMEM).
    static Result<Slab> create(std::uint64_t count, std::uint64_t stride);

    Slab(Slab&& other) noexcept
        : begin_(std::exchange(other.begin_, nullptr)), bytes_(std::exchange(other.bytes_, 0)) {}
    Slab& operator=(Slab&& other) noexcept {
        std::swap(begin_, other.begin_);
        std::swap(bytes_, other.bytes_);
        return *this;
    }
    ~Slab();

    [[nodiscard]] std::byte* begin() const { return begin_; }
    [[nodiscard]] std::uint64_t bytes() const { return bytes_; }
    /// The memory as an array of `T`, for which zeros are a value.
    template <class T>
    [[nodiscard]] T* as() const {
        return reinterpret_cast<T*>(begin_);
    }

private:
    Slab(std::byte* begin, std::uint64_t bytes) : begin_(begin), bytes_(bytes) {}

    std::byte* begin_ = nullptr;
    std::uint64_t bytes_ = 0;
};

/// `size` rounded up to a multiple of 8, the distance of values and keys in memory.
constexpr std::uint64_t round_up_8(std::uint64_t size) { return (size + 7) & ~std::uint64_t{7}; }

}  // namespace bpftwin
