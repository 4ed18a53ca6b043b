// Socket buffer helpers (net/core/filter.c) on one linear buffer.
#include <algorithm>
#include <cerrno>
#include <cstring>
#include <limits>

#include "helpers/calls.h"
#include "helpers/flow_hash.h"
#include "helpers/packet_bytes.h"
#include "vm/context.h"
#include "vm/packet.h"
#include "vm/runtime.h"

namespace bpftwin::calls {
namespace {

constexpr std::uint32_t longest_skb = 16064;  // BPF_SKB_MAX_LEN: four pages less skb_shared_info.
constexpr std::uint32_t ethernet_header = 14;

namespace start_at {
constexpr std::uint32_t mac = 0;  // BPF_HDR_START_MAC.
constexpr std::uint32_t net = 1;  // BPF_HDR_START_NET.
}  // namespace start_at

namespace store_flag {
constexpr std::uint64_t recompute_csum = 1;  // Nothing to do without a hardware checksum.
constexpr std::uint64_t invalidate_hash = 2;
constexpr std::uint64_t all = recompute_csum | invalidate_hash;
}  // namespace store_flag

std::uint32_t network_header(const Packet& packet) {
    return packet.link_header() + ethernet_header;
}

/// skb_change_head makes the new start of the data the MAC header.
std::uint32_t mac_header(const Packet& packet) {
    return std::min(packet.data(), packet.link_header());
}

long refuse_load(void* to, std::uint32_t size) {
    std::memset(to, 0, size);
    return -EFAULT;
}

void store_hash(Runtime& runtime, std::uint32_t hash) {
    // Contexts without the field have no hash to keep.
    static_cast<void>(runtime.context().set("hash", hash));
}

void move(Runtime& runtime, Packet& packet, std::uint32_t data, std::uint32_t data_end) {
    packet.move(data, data, data_end);
    runtime.context().follow_packet(runtime.memory());
}

}  // namespace

long skb_load_bytes(Runtime&, Packet& packet, std::uint32_t offset, void* to, std::uint32_t size) {
    const std::byte* from = packet_bytes(packet, offset, size);
    if (!from) return refuse_load(to, size);
    std::memmove(to, from, size);
    return 0;
}

long skb_load_bytes_relative(Runtime&, Packet& packet, std::uint32_t offset, void* to,
                             std::uint32_t size, std::uint32_t start) {
    if (offset > 0xffff || start > start_at::net) return refuse_load(to, size);
    const std::uint64_t header =
        start == start_at::mac ? mac_header(packet) : network_header(packet);
    if (header + offset + size > packet.data_end()) return refuse_load(to, size);
    std::memmove(to, reinterpret_cast<const std::byte*>(header + offset), size);
    return 0;
}

long skb_store_bytes(Runtime& runtime, Packet& packet, std::uint32_t offset, const void* from,
                     std::uint32_t size, std::uint64_t flags) {
    if ((flags & ~store_flag::all) != 0) return -EINVAL;
    std::byte* to = packet_bytes(packet, offset, size);
    if (!to) return -EFAULT;
    std::memmove(to, from, size);
    if ((flags & store_flag::invalidate_hash) != 0) set_hash_invalid(runtime, packet);
    return 0;
}

long skb_pull_data(Runtime&, Packet& packet, std::uint32_t size) {
    return size > packet.size() ? -ENOMEM : 0;
}

long skb_change_tail(Runtime& runtime, Packet& packet, std::uint32_t size, std::uint64_t flags) {
    const std::uint32_t least =
        network_header(packet) > packet.data() ? network_header(packet) - packet.data() : 0;
    if (flags != 0 || size > longest_skb || size < least) return -EINVAL;
    const std::uint32_t old_end = packet.data_end();
    const std::uint32_t new_end = packet.data() + size;
    if (new_end > old_end)
        std::memset(reinterpret_cast<std::byte*>(std::uint64_t{old_end}), 0, new_end - old_end);
    move(runtime, packet, packet.data(), new_end);
    return 0;
}

long skb_change_head(Runtime& runtime, Packet& packet, std::uint32_t size, std::uint64_t flags) {
    const std::uint64_t length = std::uint64_t{packet.size()} + size;
    if (flags != 0 || length > longest_skb) return -EINVAL;
    if (size > packet.data() - packet.skb_begin()) return -ENOMEM;
    const std::uint32_t data = packet.data() - size;
    std::memset(reinterpret_cast<std::byte*>(std::uint64_t{data}), 0, size);
    move(runtime, packet, data, packet.data_end());
    return 0;
}

std::uint32_t get_hash_recalc(Runtime& runtime, Packet& packet) {
    const auto known = runtime.context().value("hash");
    if (known && (*known != 0 || packet.hash_is_chosen()))
        return static_cast<std::uint32_t>(*known);
    const std::uint32_t network = std::min(network_header(packet), packet.data_end());
    const std::uint32_t hash = flow_hash(
        {reinterpret_cast<const std::byte*>(std::uint64_t{network}), packet.data_end() - network});
    store_hash(runtime, hash);
    return hash;
}

long set_hash(Runtime& runtime, Packet& packet, std::uint32_t hash) {
    packet.choose_hash(true);
    store_hash(runtime, hash);
    return 0;
}

void set_hash_invalid(Runtime& runtime, Packet& packet) {
    packet.choose_hash(false);
    store_hash(runtime, 0);
}

}  // namespace bpftwin::calls
