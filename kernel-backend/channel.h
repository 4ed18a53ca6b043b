// Frames over a descriptor: a length of 32 bits, little endian, and as many bytes. What the host
// and the agent in a virtual machine talk through.
#pragma once

#include <chrono>
#include <cstdint>
#include <span>
#include <utility>

#include "bpftwin/error.h"

namespace bpftwin::kernel {

/// No frame is longer: what a broken peer announces is not allocated.
inline constexpr std::uint32_t longest_frame = 64U << 20U;

using Deadline = std::chrono::steady_clock::time_point;
inline constexpr Deadline no_deadline = Deadline::max();

/// Owns the descriptor: a stream socket, or a device such as a virtio-serial port. Moves only.
class Channel {
public:
    explicit Channel(int descriptor) : descriptor_(descriptor) {}
    Channel(Channel&& other) noexcept : descriptor_(std::exchange(other.descriptor_, -1)) {}
    Channel& operator=(Channel&& other) noexcept {
        std::swap(descriptor_, other.descriptor_);
        return *this;
    }
    ~Channel();

    /// @return an Error with code EPIPE where the other side is gone, ETIMEDOUT at the deadline,
    /// E2BIG for a frame that is too long, of which nothing is sent.
    Result<void> send(ByteView frame, Deadline deadline = no_deadline);
    /// @return an Error with code EPIPE or ETIMEDOUT as above, EBADMSG for a length out of bounds.
    Result<Bytes> receive(Deadline deadline = no_deadline);

private:
    Result<void> write_all(ByteView bytes, Deadline deadline);
    Result<void> read_all(std::span<std::byte> bytes, Deadline deadline);
    [[nodiscard]] Result<void> wait(short event, Deadline deadline) const;

    int descriptor_;
};

}  // namespace bpftwin::kernel
