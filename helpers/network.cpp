#include "helpers/network.h"

#include <arpa/inet.h>

#include <algorithm>
#include <cstring>

#include "vm/runtime.h"

namespace bpftwin {
namespace {

namespace table {
constexpr std::uint32_t default_ = 253;
constexpr std::uint32_t main = 254;
constexpr std::uint32_t local = 255;
}  // namespace table

bool is_in_prefix(const IpAddress& address, const Route& route) {
    if (address.ipv6 != route.destination.ipv6) return false;
    const std::size_t whole = route.length / 8;
    const auto& prefix = route.destination.bytes;
    if (!std::equal(prefix.begin(), prefix.begin() + static_cast<std::ptrdiff_t>(whole),
                    address.bytes.begin()))
        return false;
    const unsigned rest = route.length % 8;
    return rest == 0 || ((prefix[whole] ^ address.bytes[whole]) >> (8 - rest)) == std::byte{0};
}

bool is_better(const Route& route, const Route* best) {
    if (!best || route.length != best->length) return !best || route.length > best->length;
    return route.metric < best->metric;
}

const Route* route_in(const Network& network, const RouteQuery& query, std::uint32_t table) {
    const Route* best = nullptr;
    for (const Route& route : network.routes) {
        const bool leads_out = query.out_interface == 0 || route.interface == query.out_interface ||
                               route.type != RouteType::unicast;
        if (route.table == table && leads_out && is_in_prefix(query.destination, route) &&
            is_better(route, best))
            best = &route;
    }
    return best;
}

std::vector<std::uint32_t> tables_for(const Network& network, const RouteQuery& query) {
    if (query.table) return {*query.table};
    std::vector<std::uint32_t> tables{table::local};
    for (const RouteRule& rule : network.rules)
        if (rule.mark == query.mark) tables.push_back(rule.table);
    tables.insert(tables.end(), {table::main, table::default_});
    return tables;
}

constexpr std::uint32_t ipv4_tuple = 12;  // Sizes of struct bpf_sock_tuple's members.
constexpr std::uint32_t ipv6_tuple = 36;

}  // namespace

bool is_sock_tuple(std::uint32_t size) { return size == ipv4_tuple || size == ipv6_tuple; }

SocketQuery query_from(const void* tuple, std::uint32_t size) {
    const auto* bytes = static_cast<const std::byte*>(tuple);
    const bool ipv6 = size == ipv6_tuple;
    const std::size_t length = ipv6 ? 16 : 4;
    SocketQuery query{.local = {.ipv6 = ipv6}, .remote = {.ipv6 = ipv6}};
    std::copy_n(bytes, length, query.remote.bytes.begin());
    std::copy_n(bytes + length, length, query.local.bytes.begin());
    std::uint16_t ports[2];
    std::memcpy(ports, bytes + 2 * length, sizeof ports);
    query.remote_port = ntohs(ports[0]);
    query.local_port = ntohs(ports[1]);
    return query;
}

const Network& network_of(Runtime& runtime) {
    const auto& network = runtime.world().world().network;
    return network ? *network : Network::loopback();
}

const Interface* interface_of(const Network& network, std::uint32_t index) {
    const auto found = std::ranges::find(network.interfaces, index, &Interface::index);
    return found == network.interfaces.end() ? nullptr : &*found;
}

const Neighbour* neighbour_of(const Network& network, std::uint32_t interface,
                              const IpAddress& address) {
    const auto found = std::ranges::find_if(network.neighbours, [&](const Neighbour& neighbour) {
        return neighbour.interface == interface && neighbour.address == address && neighbour.valid;
    });
    return found == network.neighbours.end() ? nullptr : &*found;
}

const Route* route_to(const Network& network, const RouteQuery& query) {
    for (const std::uint32_t table : tables_for(network, query)) {
        const Route* route = route_in(network, query, table);
        if (route && route->type != RouteType::throw_) return route;
    }
    return nullptr;
}

bool has_table(const Network& network, std::uint32_t table) {
    return table == table::main || table == table::local || table == table::default_ ||
           std::ranges::find(network.routes, table, &Route::table) != network.routes.end();
}

}  // namespace bpftwin
