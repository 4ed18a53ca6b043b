// The key that a callback is given.
#pragma once

#include <string>
#include <utility>

#include "bpftwin/insn.h"
#include "vm/memory.h"

namespace bpftwin {

/// A copy of a key that programs may read for as long as this lives.
class VisibleKey {
public:
    /// @param name of its memory, in messages.
    VisibleKey(Memory& memory, Bytes key, std::string name)
        : memory_(memory), bytes_(std::move(key)) {
        memory_.add({.begin = address(),
                     .size = bytes_.size(),
                     .writable = false,
                     .name = std::move(name)});
    }
    ~VisibleKey() { memory_.remove(address()); }
    VisibleKey(const VisibleKey&) = delete;
    VisibleKey& operator=(const VisibleKey&) = delete;

    [[nodiscard]] std::uint64_t address() const {
        return reinterpret_cast<std::uint64_t>(bytes_.data());
    }

private:
    Memory& memory_;
    Bytes bytes_;
};

}  // namespace bpftwin
