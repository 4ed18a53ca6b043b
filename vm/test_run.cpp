#include "vm/test_run.h"

#include <arpa/inet.h>
#include <linux/if_ether.h>
#include <linux/if_packet.h>
#include <sys/socket.h>

#include <algorithm>
#include <cstring>
#include <string>

#include "vm/context.h"

namespace bpftwin {
namespace {

constexpr std::uint64_t loopback_ifindex = 1;

template <class T>
T load(ByteView bytes, std::size_t offset) {
    T value;
    std::memcpy(&value, &bytes[offset], sizeof value);
    return value;
}

/// `skb->protocol` in network byte order, as eth_type_trans finds it.
std::uint16_t protocol_of(ByteView frame) {
    const auto type = load<std::uint16_t>(frame, offsetof(ethhdr, h_proto));
    if (ntohs(type) >= ETH_P_802_3_MIN) return type;
    const bool raw_ipx = frame.size() >= ethernet_header_size + 2 &&
                         load<std::uint16_t>(frame, ethernet_header_size) == 0xffff;
    return htons(raw_ipx ? ETH_P_802_3 : ETH_P_802_2);
}

/// `skb->pkt_type` on the loopback device, whose own and broadcast addresses are all zeros.
std::uint8_t packet_type_of(ByteView frame) {
    const ByteView destination = frame.first(ETH_ALEN);
    if (std::ranges::all_of(destination, [](std::byte b) { return b == std::byte{0}; }))
        return PACKET_HOST;
    const bool group = (destination[0] & std::byte{1}) != std::byte{0};
    return group ? PACKET_MULTICAST : PACKET_OTHERHOST;
}

void set_address6(Context& context, const std::string& field, ByteView address) {
    for (std::size_t i = 0; i < 4; ++i)
        context.set_default(field + '[' + std::to_string(i) + ']',
                            load<std::uint32_t>(address, 4 * i));
}

/// The test-run's socket sits at the packet's source: local is the sender.
void describe_socket(Context& context, ByteView frame) {
    const ByteView ip = frame.subspan(ethernet_header_size);
    const std::uint16_t protocol = ntohs(protocol_of(frame));
    if (protocol == ETH_P_IP && ip.size() >= 20) {
        context.set_default("family", AF_INET);
        context.set_default("local_ip4", load<std::uint32_t>(ip, 12));
        context.set_default("remote_ip4", load<std::uint32_t>(ip, 16));
    } else if (protocol == ETH_P_IPV6 && ip.size() >= 40) {
        context.set_default("family", AF_INET6);
        set_address6(context, "local_ip6", ip.subspan(8, 16));
        set_address6(context, "remote_ip6", ip.subspan(24, 16));
    }
}

void describe_skb(Context& context, ByteView frame) {
    context.set_default("ifindex", loopback_ifindex);
    context.set_default("protocol", protocol_of(frame));
    context.set_default("pkt_type", packet_type_of(frame));
    context.set_default("wire_len", *context.value("len"));
    if (context.layout().type == ProgType::cgroup_skb) describe_socket(context, frame);
}

}  // namespace

void describe_packet(Context& context, ByteView frame) {
    const ContextLayout& layout = context.layout();
    if (layout.type == ProgType::xdp)
        context.set_default("ingress_ifindex", loopback_ifindex);
    else if (layout.layer != PacketLayer::payload)
        describe_skb(context, frame);
}

}  // namespace bpftwin
