// The network around a program: what helpers find in the kernel's tables of interfaces, routes,
// neighbours and sockets, and what a program did to its packets. Addresses and ports are in network
// byte order where they are bytes, numbers everywhere else.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "bpftwin/error.h"

namespace bpftwin {

/// An IPv4 or IPv6 address.
struct IpAddress {
    std::array<std::byte, 16> bytes{};  ///< IPv4 has the first four.
    bool ipv6 = false;

    friend bool operator==(const IpAddress&, const IpAddress&) = default;
};

using MacAddress = std::array<std::byte, 6>;

/// A network device.
struct Interface {
    std::uint32_t index = 0;
    std::string name;
    std::uint32_t mtu = 1500;
    MacAddress mac{};
    bool up = true;
    bool forwarding_ipv4 = true;  ///< net.ipv4.conf.NAME.forwarding.
    bool forwarding_ipv6 = true;
    std::uint32_t table = 0;  ///< Table of its VRF (l3mdev); 0: the main table.
    std::vector<IpAddress> addresses = {};
};

/// What a route does with a packet (RTN_* of <linux/rtnetlink.h>).
enum class RouteType : std::uint8_t {
    unicast,
    local,
    broadcast,
    multicast,
    blackhole,
    unreachable,
    prohibit,
    throw_,  ///< The lookup goes on in the next table.
};
std::string_view name_of(RouteType type);

/// A route of one table.
struct Route {
    IpAddress destination;
    std::uint32_t length = 0;  ///< Of the prefix, in bits.
    RouteType type = RouteType::unicast;
    std::uint32_t table = 254;  ///< RT_TABLE_MAIN.
    std::uint32_t interface = 0;
    std::optional<IpAddress> gateway = {};  ///< IPv4 routes may have one of IPv6.
    std::uint32_t metric = 0;
    std::uint32_t mtu = 0;                 ///< 0: the interface's.
    std::optional<IpAddress> source = {};  ///< Preferred source address.
    bool encapsulated = false;             ///< Has a lightweight tunnel (lwtunnel).
};

/// A rule that sends lookups of marked packets to a table, before the tables local, main, default.
struct RouteRule {
    std::uint32_t mark = 0;
    std::uint32_t table = 254;
};

/// An entry of the ARP or neighbour discovery table.
struct Neighbour {
    std::uint32_t interface = 0;
    IpAddress address;
    MacAddress mac{};
    bool valid = true;  ///< NUD_VALID: reachable, stale, permanent, …
};

/// The key and options of a packet's tunnel (struct ip_tunnel_info), for sender and receiver.
struct TunnelKey {
    std::uint64_t id = 0;
    IpAddress source;  ///< Outer addresses, both of one family.
    IpAddress destination;
    std::uint8_t tos = 0;
    std::uint8_t ttl = 0;
    std::uint32_t label = 0;  ///< IPv6 flow label.
    std::uint16_t flags = 0;  ///< TUNNEL_* of <linux/if_tunnel.h>, as numbers of the host.
    Bytes options = {};

    friend bool operator==(const TunnelKey&, const TunnelKey&) = default;
};

/// A copy of its packet that a program sent away (bpf_clone_redirect).
struct Clone {
    std::uint32_t ifindex = 0;
    std::uint64_t flags = 0;
    Bytes packet;

    friend bool operator==(const Clone&, const Clone&) = default;
};

/// A socket that programs can find, or that their context belongs to.
struct Socket {
    std::string name;
    std::uint32_t family = 2;    ///< AF_INET.
    std::uint32_t type = 1;      ///< SOCK_STREAM.
    std::uint32_t protocol = 6;  ///< IPPROTO_TCP.
    std::uint32_t state = 1;     ///< TCP_ESTABLISHED; listeners have 10.
    IpAddress local;             ///< All zeros: bound to any address.
    IpAddress remote;
    std::uint16_t local_port = 0;
    std::uint16_t remote_port = 0;  ///< 0: not connected.
    std::uint32_t interface = 0;    ///< Device that it is bound to.
    std::uint32_t mark = 0;
    std::uint32_t priority = 0;
    std::uint32_t rx_queue = 0xffff'ffff;  ///< The last one used; all ones: none.
    std::uint64_t cookie = 0;              ///< 0: one is given when asked for.
    std::uint64_t netns_cookie = 1;
    std::uint32_t uid = 0;
    std::vector<std::uint64_t> cgroups = {1};  ///< Ids from the root to the socket's own.
    std::uint32_t classid = 0;
    bool ipv6_only = false;
    std::string congestion = "cubic";
    /// Of a TCP socket that carries a part of an MPTCP connection: that one's name.
    std::string subflow_of = {};
    /// Fields of struct bpf_tcp_sock by name.
    std::vector<std::pair<std::string, std::uint64_t>> tcp = {};
};

/// A kernel setting (/proc/sys) that is read or written while a cgroup_sysctl program runs.
struct Sysctl {
    std::string name;  ///< "net/ipv4/tcp_mem".
    std::string current;
    std::optional<std::string> written = {};  ///< What is being written, with its newline if any.
};

/// A connection that conntrack keeps (struct nf_conn).
struct Connection {
    std::uint32_t protocol = 6;  ///< IPPROTO_TCP, or IPPROTO_UDP (17).
    /// Of packets from the side that opened it.
    IpAddress source, destination;
    std::uint16_t source_port = 0, destination_port = 0;
    /// Of packets from the other side: the same turned round, unless addresses are translated.
    IpAddress reply_source, reply_destination;
    std::uint16_t reply_source_port = 0, reply_destination_port = 0;
    std::uint32_t status = 8;           ///< IPS_* of <linux/netfilter/nf_conntrack_common.h>.
    std::uint32_t timeout_ms = 10'000;  ///< From the beginning of the run, how long it is kept.
    std::uint32_t mark = 0;
    std::uint16_t zone = 0;

    friend bool operator==(const Connection&, const Connection&) = default;
};

/// What a device tells XDP programs of a received packet besides its bytes. Of each: whether the
/// device's driver can tell at all, and then what it tells of this packet, if anything.
struct ReceiveMetadata {
    template <class T>
    using Told = std::optional<std::optional<T>>;
    struct Hash {
        std::uint32_t value = 0;
        std::uint32_t type = 0;  ///< enum xdp_rss_hash_type.
    };
    struct VlanTag {
        std::uint16_t protocol = 0;  ///< 0x8100, 0x88a8.
        std::uint16_t tci = 0;
    };

    Told<std::uint64_t> timestamp;  ///< Nanoseconds.
    Told<Hash> hash;
    Told<VlanTag> vlan;
};

/// An option that a program set with bpf_setsockopt.
struct SocketOption {
    std::string socket;  ///< The socket's name; empty: the context's own.
    int level = 0;
    int option = 0;
    Bytes value;

    friend bool operator==(const SocketOption&, const SocketOption&) = default;
};

/// What a program did other than to packets and maps.
struct SocketEffects {
    std::optional<std::string> assigned;  ///< Name of the socket that is to take the packet.
    std::vector<SocketOption> options;    ///< In order.
    std::optional<std::uint32_t> callback_flags;  ///< By bpf_sock_ops_cb_flags_set.
    std::optional<IpAddress> bound_address;       ///< By bpf_bind.
    std::uint16_t bound_port = 0;
    std::vector<std::uint32_t> acks;      ///< By bpf_tcp_send_ack: the byte expected next.
    Bytes header_options;                 ///< TCP options that were written.
    std::uint32_t reserved_options = 0;   ///< Bytes reserved for them.
    std::uint32_t apply_bytes = 0;        ///< By bpf_msg_apply_bytes.
    std::uint32_t cork_bytes = 0;         ///< By bpf_msg_cork_bytes.
    std::optional<std::string> sysctl;    ///< What is written in place of `Sysctl::written`.
    std::vector<Connection> connections;  ///< By bpf_ct_insert_entry, as they were then.

    friend bool operator==(const SocketEffects&, const SocketEffects&) = default;
};

/// Everything that programs can learn of a network namespace.
struct Network {
    std::vector<Interface> interfaces;
    std::vector<Route> routes;
    std::vector<RouteRule> rules;
    std::vector<Neighbour> neighbours;
    std::vector<Socket> sockets;
    std::vector<Connection> connections;
    ReceiveMetadata metadata = {};
    /// Name of the socket that the packet, or the event, belongs to; empty: one that nobody finds,
    /// as the context describes it.
    std::string own_socket;
    /// Tunnel that the packet came through.
    std::optional<TunnelKey> tunnel;
    /// Whether tc programs run where packets come in; the kernel's test-run is no such place.
    bool at_ingress = false;
    Sysctl sysctl = {};
    std::uint32_t classid = 0;      ///< net_cls class of the running task.
    std::uint32_t route_realm = 0;  ///< Realm of the packet's route.

    /// What a fresh network namespace has: the loopback device, up, and no way out.
    static const Network& loopback();
};

}  // namespace bpftwin
