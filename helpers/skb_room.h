// How socket buffers change their size in front and between headers (net/core/filter.c
// bpf_skb_net_hdr_push and _pop, include/linux/skbuff.h).
#pragma once

#include <cstddef>
#include <cstdint>

namespace bpftwin {

class Packet;
class Runtime;

/// BPF_SKB_MAX_LEN: four pages less skb_shared_info.
inline constexpr std::uint32_t longest_skb = 16064;

/// `skb->protocol`, as a number of the host.
std::uint16_t skb_protocol(Runtime& runtime);

/// A number of 16 bits in network byte order.
std::uint16_t load_network(const std::byte* from);

/// Moves the bounds of the packet, of which socket buffers keep no metadata here, and of the
/// context.
void move_skb(Runtime& runtime, Packet& packet, std::uint32_t data, std::uint32_t data_end);

/// Whether the packet can grow by `size` bytes to the front.
bool has_head_room(const Packet& packet, std::uint32_t size);

/// Puts `size` zeros behind the first `offset` bytes, which move to the front, and the headers'
/// places with them. The caller has checked the room.
void open_room(Runtime& runtime, Packet& packet, std::uint32_t offset, std::uint32_t size);

/// Takes the `size` bytes behind the first `offset` away, both within the packet.
void close_room(Runtime& runtime, Packet& packet, std::uint32_t offset, std::uint32_t size);

}  // namespace bpftwin
