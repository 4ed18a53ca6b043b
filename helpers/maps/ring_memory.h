// The data pages of ring buffers: mapped twice in a row, so that every record is one piece of
// memory.
#pragma once

#include <cstddef>
#include <cstdint>
#include <utility>

#include "bpftwin/error.h"

namespace bpftwin {

/// One ring's data. Moves only.
class RingMemory {
public:
    static constexpr std::uint32_t header_size = 8;  ///< BPF_RINGBUF_HDR_SZ.
    // A record's header is its length with these flags, then a word that only the kernel uses.
    static constexpr std::uint32_t busy_bit = 1U << 31;
    static constexpr std::uint32_t discard_bit = 1U << 30;

    /// @param size whole pages, a power of two. @return zeros, or an Error (ENOMEM).
    static Result<RingMemory> create(std::uint64_t size);
    RingMemory(RingMemory&& other) noexcept
        : begin_(std::exchange(other.begin_, nullptr)), size_(other.size_) {}
    RingMemory& operator=(RingMemory&&) = delete;
    ~RingMemory();

    [[nodiscard]] std::uint64_t size() const { return size_; }
    /// The header at a position, a multiple of 8, and the record behind it.
    [[nodiscard]] std::uint32_t& header(std::uint64_t position) const {
        return *reinterpret_cast<std::uint32_t*>(begin_ + (position & (size_ - 1)));
    }
    [[nodiscard]] std::byte* record_at(std::uint64_t position) const {
        return begin_ + (position & (size_ - 1)) + header_size;
    }

    /// Bytes that a record takes with its header.
    static constexpr std::uint64_t space_of(std::uint64_t record_size) {
        return (record_size + header_size + 7) & ~std::uint64_t{7};
    }
    static constexpr std::uint32_t length_of(std::uint32_t header) {
        return header & ~(busy_bit | discard_bit);
    }

private:
    RingMemory(std::byte* begin, std::uint64_t size) : begin_(begin), size_(size) {}

    std::byte* begin_;
    std::uint64_t size_;
};

}  // namespace bpftwin
