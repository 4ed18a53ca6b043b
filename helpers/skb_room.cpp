#include "helpers/skb_room.h"

#include <arpa/inet.h>

#include <cstring>

#include "vm/context.h"
#include "vm/packet.h"
#include "vm/runtime.h"

namespace bpftwin {
namespace {

std::byte* bytes_at(std::uint64_t address) { return reinterpret_cast<std::byte*>(address); }

}  // namespace

std::uint16_t skb_protocol(Runtime& runtime) {
    return ntohs(static_cast<std::uint16_t>(runtime.context().value("protocol").value_or(0)));
}

std::uint16_t load_network(const std::byte* from) {
    std::uint16_t bytes = 0;
    std::memcpy(&bytes, from, sizeof bytes);
    return ntohs(bytes);
}

void move_skb(Runtime& runtime, Packet& packet, std::uint32_t data, std::uint32_t data_end) {
    packet.move(data, data, data_end);
    runtime.context().follow_packet(runtime.memory());
}

bool has_head_room(const Packet& packet, std::uint32_t size) {
    return size <= packet.data() - packet.skb_begin();
}

void open_room(Runtime& runtime, Packet& packet, std::uint32_t offset, std::uint32_t size) {
    const std::uint32_t data = packet.data() - size;
    std::memmove(bytes_at(data), bytes_at(packet.data()), offset);
    std::memset(bytes_at(data + offset), 0, size);
    packet.place_headers(packet.link_header() - size, packet.network_header() - size);
    move_skb(runtime, packet, data, packet.data_end());
}

void close_room(Runtime& runtime, Packet& packet, std::uint32_t offset, std::uint32_t size) {
    const std::uint32_t data = packet.data() + size;
    std::memmove(bytes_at(data), bytes_at(packet.data()), offset);
    packet.place_headers(packet.link_header() + size, packet.network_header() + size);
    move_skb(runtime, packet, data, packet.data_end());
}

}  // namespace bpftwin
