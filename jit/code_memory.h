// Executable memory: written first, then executed, never both at once.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>

#include "bpftwin/error.h"

namespace bpftwin::jit {

/// One mapping with machine code.
class CodeMemory {
public:
    /// Distance of pieces' beginnings is a multiple of this.
    static constexpr std::size_t alignment = 16;

    /// Copies pieces of code one behind the other into a mapping and makes that executable.
    /// @return an Error where the system has no memory or allows none to be executable.
    static Result<CodeMemory> create(std::span<const ByteView> pieces);
    /// Where the piece behind one of `size` bytes at `offset` begins.
    static constexpr std::size_t next_offset(std::size_t offset, std::size_t size) {
        return (offset + size + alignment - 1) / alignment * alignment;
    }

    CodeMemory() = default;
    CodeMemory(CodeMemory&& other) noexcept;
    CodeMemory& operator=(CodeMemory&& other) noexcept;
    ~CodeMemory();

    [[nodiscard]] const std::byte* begin() const { return begin_; }
    [[nodiscard]] std::size_t size() const { return size_; }
    [[nodiscard]] bool contains(std::uint64_t address) const {
        return address - reinterpret_cast<std::uint64_t>(begin_) < size_;
    }

private:
    CodeMemory(std::byte* begin, std::size_t size) : begin_(begin), size_(size) {}

    std::byte* begin_ = nullptr;
    std::size_t size_ = 0;
};

}  // namespace bpftwin::jit
