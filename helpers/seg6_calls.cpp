// Changes to a packet's segment routing header (bpf_lwt_seg6_* in net/core/filter.c, the header's
// state in net/ipv6/seg6_local.c).
#include <arpa/inet.h>
#include <linux/ipv6.h>
#include <linux/seg6_local.h>
#include <netinet/in.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstddef>
#include <cstring>
#include <optional>

#include "helpers/calls.h"
#include "helpers/packet_bytes.h"
#include "helpers/segment_routing.h"
#include "helpers/skb_room.h"
#include "helpers/touch.h"
#include "vm/packet.h"
#include "vm/runtime.h"

namespace bpftwin::calls {
namespace {

constexpr std::uint32_t fixed_size = sizeof(ipv6_sr_hdr);

std::byte* bytes_at(std::uint32_t address) {
    return reinterpret_cast<std::byte*>(std::uint64_t{address});
}

ipv6_sr_hdr header_at(const SegmentHeader& segments) {
    ipv6_sr_hdr header{};
    std::memcpy(&header, bytes_at(segments.address), sizeof header);
    return header;
}

/// Notes where the packet's routing header is now. @return whether it has one.
bool find_again(const Packet& packet, SegmentHeader& segments) {
    const auto offset = find_ipv6_header(packet, IPPROTO_ROUTING);
    const bool is_there = offset && packet_bytes(packet, *offset, fixed_size);
    segments.address = is_there ? packet.data() + *offset : 0;
    return is_there;
}

/// bpf_update_srh_state: what another packet's header says of itself is believed.
void take_header(const Packet& packet, SegmentHeader& segments) {
    if (!find_again(packet, segments)) return;
    segments.size = static_cast<std::uint16_t>(header_at(segments).hdrlen * 8);
    segments.is_valid = true;
}

/// Whether `size` bytes of a header behind its first part are all in the packet and in order.
bool is_in_order(const Packet& packet, const SegmentHeader& segments) {
    const std::uint32_t offset = segments.address - packet.data();
    const std::uint32_t whole = (header_at(segments).hdrlen + 1U) * 8;
    const std::byte* header = packet_bytes(packet, offset, whole);
    return header && is_segment_header({header, whole}, true);
}

/// The packet's header. A program is run for packets that have one only.
SegmentHeader& segments_of(Packet& packet) {
    auto& segments = packet.skb().segments;
    if (segments) return *segments;
    segments.emplace();
    take_header(packet, *segments);
    if (segments->address != 0 && !is_in_order(packet, *segments)) segments->address = 0;
    return *segments;
}

/// seg6_bpf_has_valid_srh: writes the size that it has become into the header first.
bool has_valid_header(Packet& packet) {
    SegmentHeader& segments = segments_of(packet);
    if (segments.address == 0) return false;
    if (segments.is_valid) return true;
    if (segments.size % 8 != 0) return false;
    bytes_at(segments.address)[offsetof(ipv6_sr_hdr, hdrlen)] =
        static_cast<std::byte>(segments.size / 8);
    segments.is_valid = is_in_order(packet, segments);
    return segments.is_valid;
}

/// A parameter of an action: nothing where it has another size.
template <class T>
std::optional<T> parameter(const void* from, std::uint32_t size) {
    if (size != sizeof(T)) return std::nullopt;
    T value;
    std::memcpy(&value, from, sizeof value);
    return value;
}

long forward_to(Runtime& runtime, Packet& packet, const void* parameters, std::uint32_t size) {
    const auto hop = parameter<std::array<std::byte, 16>>(parameters, size);
    if (!hop) return -EINVAL;
    return look_up_next_hop(runtime, packet, IpAddress{.bytes = *hop, .ipv6 = true}, 0);
}

long forward_by(Runtime& runtime, Packet& packet, const void* parameters, std::uint32_t size) {
    const auto table = parameter<std::uint32_t>(parameters, size);
    return table ? look_up_next_hop(runtime, packet, std::nullopt, *table) : -EINVAL;
}

/// Takes the outer headers off, and forwards what was inside.
long decapsulate(Runtime& runtime, Packet& packet, const void* parameters, std::uint32_t size) {
    const auto table = parameter<std::uint32_t>(parameters, size);
    if (!table) return -EINVAL;
    const auto inner = find_ipv6_header(packet, IPPROTO_IPV6);
    if (!inner || *inner > packet.size()) return -EBADMSG;
    const std::uint32_t data = packet.data() + *inner;
    packet.place_headers(packet.link_header(), data);
    packet.skb().encapsulated = false;
    move_skb(runtime, packet, data, packet.data_end());
    take_header(packet, segments_of(packet));
    return look_up_next_hop(runtime, packet, std::nullopt, *table);
}

long push(Runtime& runtime, Packet& packet, SegmentPush how, const void* header,
          std::uint32_t size) {
    if (segments_of(packet).address != 0 && !has_valid_header(packet)) return -EBADMSG;
    const ByteView bytes(static_cast<const std::byte*>(header), size);
    const long error = push_segments(runtime, packet, how, bytes);
    if (error == 0) take_header(packet, segments_of(packet));
    return error;
}

}  // namespace

long lwt_seg6_store_bytes(Runtime&, Packet& packet, std::uint32_t offset, const void* from,
                          std::uint32_t size) {
    SegmentHeader& segments = segments_of(packet);
    if (segments.address == 0) return -EINVAL;
    const std::uint64_t begin = std::uint64_t{packet.data()} + offset;
    const std::uint64_t end = begin + size;
    const ipv6_sr_hdr header = header_at(segments);
    // The kernel forgets the fixed part here, so that the last segment's end may be written, too.
    const std::uint64_t values = segments.address + (header.first_segment + 1U) * sizeof(in6_addr);
    if (begin >= values && end <= std::uint64_t{segments.address} + fixed_size + segments.size)
        segments.is_valid = false;
    else if (begin < segments.address + offsetof(ipv6_sr_hdr, flags) ||
             end > segments.address + fixed_size)
        return -EFAULT;
    std::byte* to = packet_bytes(packet, offset, size);
    if (!to) return -EFAULT;
    if (!find_again(packet, segments)) return -EINVAL;
    touch_readable(from, size);
    std::memmove(to, from, size);
    return 0;
}

long lwt_seg6_adjust_srh(Runtime& runtime, Packet& packet, std::uint32_t offset,
                         std::int32_t difference) {
    SegmentHeader& segments = segments_of(packet);
    if (segments.address == 0) return -EINVAL;
    const std::uint32_t values =
        fixed_size + (header_at(segments).first_segment + 1U) * std::uint32_t{sizeof(in6_addr)};
    const std::uint64_t begin = std::uint64_t{segments.address} + values;
    const std::uint64_t end = std::uint64_t{segments.address} + fixed_size + segments.size;
    const std::uint64_t place = std::uint64_t{packet.data()} + offset;
    if (place < begin || place > end) return -EFAULT;
    const std::uint64_t taken = difference < 0 ? -std::int64_t{difference} : 0;
    if (place + taken > end) return -EFAULT;
    if (offset + taken > packet.size()) return -ENOMEM;
    const auto added = static_cast<std::uint32_t>(std::max(difference, 0));
    if (!has_head_room(packet, added)) return -ENOMEM;
    if (added != 0)
        open_room(runtime, packet, offset, added);
    else
        close_room(runtime, packet, offset, static_cast<std::uint32_t>(taken));
    const std::uint16_t length = htons(static_cast<std::uint16_t>(packet.size() - sizeof(ipv6hdr)));
    std::memcpy(bytes_at(packet.data()) + offsetof(ipv6hdr, payload_len), &length, sizeof length);
    if (!find_again(packet, segments)) return -EINVAL;
    segments.size = static_cast<std::uint16_t>(segments.size + difference);
    segments.is_valid = false;
    return 0;
}

long lwt_seg6_action(Runtime& runtime, Packet& packet, std::uint32_t action, const void* parameters,
                     std::uint32_t size) {
    touch_readable(parameters, size);
    switch (action) {
        case SEG6_LOCAL_ACTION_END_X:
            if (!has_valid_header(packet)) return -EBADMSG;
            return forward_to(runtime, packet, parameters, size);
        case SEG6_LOCAL_ACTION_END_T:
            if (!has_valid_header(packet)) return -EBADMSG;
            return forward_by(runtime, packet, parameters, size);
        case SEG6_LOCAL_ACTION_END_DT6:
            if (!has_valid_header(packet)) return -EBADMSG;
            return decapsulate(runtime, packet, parameters, size);
        case SEG6_LOCAL_ACTION_END_B6:
            return push(runtime, packet, SegmentPush::inside, parameters, size);
        case SEG6_LOCAL_ACTION_END_B6_ENCAP:
            return push(runtime, packet, SegmentPush::outside, parameters, size);
        default: return -EINVAL;
    }
}

}  // namespace bpftwin::calls
