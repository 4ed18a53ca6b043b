// What a program learns of its packet where nobody says otherwise: the values that the kernel's
// BPF_PROG_TEST_RUN gives a packet that arrives on the loopback device (net/bpf/test_run.c).
#pragma once

#include <cstddef>

#include "bpftwin/error.h"

namespace bpftwin {

class Context;

inline constexpr std::size_t ethernet_header_size = 14;

/// Fills the fields that are still zero: devices, and of an skb the protocol, packet type, length
/// on the wire and, for cgroup_skb, the socket's addresses.
/// @param frame the packet from its first byte, at least an Ethernet header unless the program type
/// begins at the payload.
void describe_packet(Context& context, ByteView frame);

}  // namespace bpftwin
