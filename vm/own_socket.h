// The socket that a packet or an event belongs to where the network names none: as the context's
// fields describe it, as the kernel's test-run makes it for packets.
#pragma once

#include "bpftwin/network.h"

namespace bpftwin {

class Context;

/// Whether contexts of that layout belong to a socket, or to none.
bool has_own_socket(const Context& context);

/// What the context says of it.
Socket own_socket(const Context& context);

}  // namespace bpftwin
