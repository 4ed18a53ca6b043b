// The argument of one bpf(2) call: a `union bpf_attr` (include/uapi/linux/bpf.h) and what its
// pointers stand for.
#pragma once

#include <linux/bpf.h>

#include <cstring>
#include <span>
#include <vector>

#include "kernel-backend/kernel.h"

namespace bpftwin::kernel {

/// Zeros until fields are set. What pointers stand for must live until the call.
class Attribute {
public:
    // `{}` sets only the union's first member; some compilers leave the rest as it was.
    Attribute() { std::memset(&attr_, 0, sizeof attr_); }
    bpf_attr* operator->() { return &attr_; }

    /// @param written whether the kernel writes there as well.
    void input(__u64& field, ByteView bytes, bool written = false) {
        auto* begin = const_cast<std::byte*>(bytes.data());
        pointers_.push_back({offset_of(field), {begin, bytes.size()}, true, written});
    }
    void output(__u64& field, std::span<std::byte> bytes) {
        pointers_.push_back({offset_of(field), bytes, false, true});
    }

    /// @param command enum bpf_cmd.
    Result<int> call(Kernel& kernel, int command) {
        return kernel.bpf(command, std::as_writable_bytes(std::span(&attr_, 1)), pointers_);
    }

private:
    [[nodiscard]] std::uint32_t offset_of(const __u64& field) const {
        const auto* begin = reinterpret_cast<const std::byte*>(&attr_);
        return static_cast<std::uint32_t>(reinterpret_cast<const std::byte*>(&field) - begin);
    }

    bpf_attr attr_;
    std::vector<Pointer> pointers_;
};

}  // namespace bpftwin::kernel
