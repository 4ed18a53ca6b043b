// The simulated network as helpers ask for it: devices by number, routes and neighbours by the
// kernel's rules (net/core/dev.c, net/ipv4/fib_trie.c, net/ipv6/route.c).
#pragma once

#include <cstdint>
#include <optional>

#include "bpftwin/network.h"
#include "vm/sockets.h"

namespace bpftwin {

class Runtime;

/// The network of the run's world.
const Network& network_of(Runtime& runtime);

/// The device of that number, or null.
const Interface* interface_of(const Network& network, std::uint32_t index);

/// The neighbour at `address` on a device if its link address is known, or null.
const Neighbour* neighbour_of(const Network& network, std::uint32_t interface,
                              const IpAddress& address);

/// Whether a `struct bpf_sock_tuple` has a member of that size.
bool is_sock_tuple(std::uint32_t size);
/// Addresses and ports as they stand in one: source and destination of a packet that was received.
SocketQuery query_from(const void* tuple, std::uint32_t size);

/// Which packets a route is looked for.
struct RouteQuery {
    IpAddress destination;
    std::uint32_t out_interface = 0;  ///< 0: any.
    std::uint32_t mark = 0;
    std::optional<std::uint32_t> table = {};  ///< None: the tables that the rules name.
};

/// The route with the longest prefix, then the smallest metric; null where no table has one.
const Route* route_to(const Network& network, const RouteQuery& query);

/// Whether the network has a table of that number.
bool has_table(const Network& network, std::uint32_t table);

}  // namespace bpftwin
