// Segment routing with IPv6 (RFC 8754): headers in packets, where they are, whether they are in
// order, and how they get there (net/ipv6/seg6.c, seg6_iptunnel.c, seg6_local.c).
#pragma once

#include <linux/seg6.h>

#include <cstdint>
#include <optional>

#include "bpftwin/error.h"
#include "bpftwin/network.h"

namespace bpftwin {

class Packet;
class Runtime;

/// Offset of a header of an IPv6 packet, by its number (ipv6_find_hdr); nothing where there is
/// none.
std::optional<std::uint32_t> find_ipv6_header(const Packet& packet, std::uint8_t number);

/// Whether a segment routing header is in order (seg6_validate_srh). @param reduced whether the
/// first segment may be left out.
bool is_segment_header(ByteView header, bool reduced);

/// How a header is put into a packet (BPF_LWT_ENCAP_SEG6 and following).
enum class SegmentPush : std::uint8_t { outside, inside };

/// Puts a segment routing header into the packet, or with a new IPv6 header around it, and looks
/// for where it goes then (bpf_push_seg6_encap). @return 0 or an error.
long push_segments(Runtime& runtime, Packet& packet, SegmentPush how, ByteView header);

/// Where a packet with IPv6 header goes (seg6_lookup_nexthop). @param hop in place of the packet's
/// destination. @param table 0: those that the rules name. @return 0, or the error of the route.
long look_up_next_hop(Runtime& runtime, const Packet& packet, const std::optional<IpAddress>& hop,
                      std::uint32_t table);

}  // namespace bpftwin
