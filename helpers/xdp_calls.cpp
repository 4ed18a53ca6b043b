// XDP packet helpers (net/core/filter.c) on one linear buffer.
#include <cerrno>
#include <cstring>

#include "helpers/calls.h"
#include "helpers/packet_objects.h"
#include "vm/context.h"
#include "vm/packet.h"
#include "vm/runtime.h"

namespace bpftwin::calls {
namespace {

constexpr std::int64_t ethernet_header = 14;  // ETH_HLEN.
/// The kernel keeps a struct xdp_frame at the start of the head room.
constexpr std::int64_t frame_descriptor = 40;

std::byte* bytes_at(std::int64_t address) { return reinterpret_cast<std::byte*>(address); }

std::int64_t first_usable(const Packet& packet) { return packet.buffer_begin() + frame_descriptor; }

void move(Runtime& runtime, Packet& packet, std::int64_t meta, std::int64_t data,
          std::int64_t data_end) {
    packet.move(static_cast<std::uint32_t>(meta), static_cast<std::uint32_t>(data),
                static_cast<std::uint32_t>(data_end));
    runtime.context().follow_packet(runtime.memory());
}

/// bpf_xdp_pointer: 0, or what a range outside the packet costs.
long check_range(const Packet& packet, std::uint32_t offset, std::uint32_t size) {
    if (offset > 0xffff || size > 0xffff) return -EFAULT;
    return offset + size > packet.size() ? -EINVAL : 0;
}

}  // namespace

long xdp_adjust_head(Runtime& runtime, Packet& packet, int delta) {
    const std::int64_t meta_size = packet.data() - packet.meta();
    const std::int64_t data = std::int64_t{packet.data()} + delta;
    if (data < first_usable(packet) + meta_size || data > packet.data_end() - ethernet_header)
        return -EINVAL;
    std::memmove(bytes_at(data - meta_size), bytes_at(packet.meta()),
                 static_cast<std::size_t>(meta_size));
    move(runtime, packet, data - meta_size, data, packet.data_end());
    return 0;
}

long xdp_adjust_tail(Runtime& runtime, Packet& packet, int delta) {
    const std::int64_t end = std::int64_t{packet.data_end()} + delta;
    if (end > packet.frame_end() || end < packet.data() + ethernet_header) return -EINVAL;
    if (delta > 0) std::memset(bytes_at(packet.data_end()), 0, static_cast<std::size_t>(delta));
    move(runtime, packet, packet.meta(), packet.data(), end);
    return 0;
}

long xdp_adjust_meta(Runtime& runtime, Packet& packet, int delta) {
    constexpr std::int64_t largest = 255;  // skb_shared_info::meta_len is one byte.
    const std::int64_t meta = std::int64_t{packet.meta()} + delta;
    if (meta < first_usable(packet) || meta > packet.data()) return -EINVAL;
    const std::int64_t size = packet.data() - meta;
    if (size % 4 != 0 || size > largest) return -EACCES;
    move(runtime, packet, meta, packet.data(), packet.data_end());
    return 0;
}

std::uint32_t xdp_get_buff_len(Runtime& runtime, std::uint64_t buffer) {
    if (runtime.packet()) return runtime.packet()->size();
    return static_cast<std::uint32_t>(packet_of_xdp(runtime, buffer).size);
}

long xdp_load_bytes(Runtime&, Packet& packet, std::uint32_t offset, void* to, std::uint32_t size) {
    if (const long error = check_range(packet, offset, size)) return error;
    std::memmove(to, bytes_at(packet.data() + offset), size);
    return 0;
}

long xdp_store_bytes(Runtime&, Packet& packet, std::uint32_t offset, const void* from,
                     std::uint32_t size) {
    if (const long error = check_range(packet, offset, size)) return error;
    std::memmove(bytes_at(packet.data() + offset), from, size);
    return 0;
}

}  // namespace bpftwin::calls
