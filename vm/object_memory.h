// Memory of synthetic kernel objects: zeroed pieces in a mapping of their own, far from everything
// else, so that what a program reads beside an object reads nothing of this process.
#pragma once

#include <cstdint>
#include <memory>
#include <string>

#include "vm/memory.h"

namespace bpftwin {

/// Bytes that belong to a kernel's variable or function.
inline constexpr std::uint64_t kernel_symbol_room = 4096;
/// Where that of a BTF id is for engines of this process: in the upper half, which only kernels
/// have. Every access there stops the program.
constexpr std::uint64_t kernel_address(std::uint32_t type_id) {
    constexpr std::uint64_t upper_half = 0xffff'8000'0000'0000;
    return upper_half | std::uint64_t{type_id} * kernel_symbol_room;
}

/// One run's objects. They stay where they are while it lives.
class ObjectMemory {
public:
    /// Largest sum of all objects.
    static constexpr std::uint64_t capacity = std::uint64_t{64} << 20;

    ObjectMemory() = default;
    ~ObjectMemory();
    ObjectMemory(const ObjectMemory&) = delete;
    ObjectMemory& operator=(const ObjectMemory&) = delete;

    /// Whether programs may write to all objects that are made from now on.
    void make_writable(bool writable) { writable_ = writable; }
    /// Shows what there is, and all that comes, to a program.
    void attach(Memory& memory);

    /// A zeroed object. @param writable by programs that may not write to others, too
    /// @return its address, or 0 where there is no more room.
    std::uint64_t allocate(std::uint64_t bytes, std::string name, bool writable = false);
    /// Whether these bytes are all of one object.
    [[nodiscard]] bool holds(std::uint64_t address, std::uint64_t bytes) const {
        return objects_.allows(address, bytes, false);
    }
    [[nodiscard]] bool empty() const { return used_ == 0; }

private:
    bool grow(std::uint64_t end);

    std::uint64_t begin_ = 0;      ///< Of the mapping; 0: there is none yet.
    std::uint64_t used_ = 0;       ///< Bytes of it.
    std::uint64_t committed_ = 0;  ///< Bytes that can be accessed.
    bool writable_ = false;
    Memory objects_;
    Memory* program_ = nullptr;
    std::vector<Region> made_;
};

}  // namespace bpftwin
