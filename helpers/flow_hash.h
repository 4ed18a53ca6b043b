// A hash of a packet's flow: what skb_get_hash (net/core/flow_dissector.c) is for, without its secret.
#pragma once

#include <cstdint>

#include "bpftwin/error.h"

namespace bpftwin {

/// Hash of addresses, protocol and, for TCP, UDP and SCTP, ports of an IPv4 or IPv6 packet that
/// begins with its network header; of all bytes of other packets. The same for all packets of a
/// flow and never 0.
std::uint32_t flow_hash(ByteView packet);

}  // namespace bpftwin
