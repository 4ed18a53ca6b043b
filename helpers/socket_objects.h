// Sockets as objects of the kernel (struct sock_common and what begins with it), for programs that
// know them by BTF: those of the world, and those that hooks pass.
#pragma once

#include <cstdint>

namespace bpftwin {

struct LiveSocket;
class Runtime;

/// What the kernel asks of a socket before it says what it is.
struct SocketTraits {
    std::uint32_t family = 0;
    std::uint32_t type = 0;
    std::uint32_t protocol = 0;
    std::uint32_t state = 0;
    bool is_of_tcp = false;  ///< Its `struct proto` is tcp_prot or tcpv6_prot.
};

/// Of an object that begins with struct sock_common.
SocketTraits traits_of_object(Runtime& runtime, std::uint64_t object);
SocketTraits traits_of(const LiveSocket& socket);

/// The object of a socket of the world, which says what the socket is now.
/// @return its address; 0 with the program stopped where the kernel's types have none.
std::uint64_t object_of(Runtime& runtime, LiveSocket& socket);

}  // namespace bpftwin
