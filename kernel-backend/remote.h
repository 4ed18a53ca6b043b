// A kernel that is asked by messages.
#pragma once

#include <memory>

#include "kernel-backend/kernel.h"

namespace bpftwin::kernel {

/// Whoever answers: an agent in a virtual machine.
class Peer {
public:
    virtual ~Peer() = default;
    /// @return the frame of the answer; an Error where there will be none, now and later.
    virtual Result<Bytes> ask(ByteView request) = 0;
};

/// Greets the peer. Once it fails, or answers what makes no sense, it is given up: deleted, and
/// every later request gets the same Error.
Result<std::unique_ptr<Kernel>> remote_kernel(std::unique_ptr<Peer> peer);

}  // namespace bpftwin::kernel
