#include "cli/network.h"

#include <arpa/inet.h>
#include <netinet/in.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <limits>
#include <span>

#include "cli/hex.h"
#include "fmt/format.h"
#include "fmt/ranges.h"
#include "nlohmann/json.hpp"
#include "vm/tcp_sock.h"

namespace bpftwin::cli {
namespace {

using Json = nlohmann::json;

// --- values

template <class T>
struct Reader;

template <std::unsigned_integral T>
struct Reader<T> {
    static Result<T> read(const Json& json) {
        if (!json.is_number_unsigned() || json.get<std::uint64_t>() > std::numeric_limits<T>::max())
            return fail(fmt::format("{} is no number from 0 to {}", json.dump(),
                                    std::numeric_limits<T>::max()));
        return json.get<T>();
    }
};

template <>
struct Reader<bool> {
    static Result<bool> read(const Json& json) {
        if (!json.is_boolean()) return fail(json.dump() + " is neither true nor false");
        return json.get<bool>();
    }
};

template <>
struct Reader<std::string> {
    static Result<std::string> read(const Json& json) {
        if (!json.is_string()) return fail(json.dump() + " is no text");
        return json.get<std::string>();
    }
};

template <>
struct Reader<IpAddress> {
    static Result<IpAddress> read(const Json& json) {
        const std::string text = json.is_string() ? json.get<std::string>() : "";
        IpAddress address{.ipv6 = text.contains(':')};
        if (inet_pton(address.ipv6 ? AF_INET6 : AF_INET, text.c_str(), address.bytes.data()) != 1)
            return fail(json.dump() + " is no IPv4 or IPv6 address");
        return address;
    }
};

template <>
struct Reader<MacAddress> {
    static Result<MacAddress> read(const Json& json) {
        std::string text = json.is_string() ? json.get<std::string>() : "";
        const bool apart = text.size() == 17 && std::ranges::count(text, ':') == 5;
        std::erase(text, ':');
        const auto bytes = apart ? parse_hex(text) : fail("");
        if (!bytes || bytes->size() != 6)
            return fail(json.dump() + " is no link address like 02:00:00:00:00:01");
        MacAddress address{};
        std::ranges::copy(*bytes, address.begin());
        return address;
    }
};

template <>
struct Reader<Bytes> {
    static Result<Bytes> read(const Json& json) {
        if (!json.is_string()) return fail(json.dump() + " is no text of hexadecimal digits");
        return parse_hex(json.get<std::string>());
    }
};

template <>
struct Reader<RouteType> {
    static Result<RouteType> read(const Json& json) {
        const std::string text = json.is_string() ? json.get<std::string>() : json.dump();
        for (unsigned i = 0; i <= static_cast<unsigned>(RouteType::throw_); ++i)
            if (const auto type = static_cast<RouteType>(i); name_of(type) == text) return type;
        return fail(fmt::format("no route type '{}'", text));
    }
};

template <class T>
struct Reader<std::optional<T>> {
    static Result<std::optional<T>> read(const Json& json) { return Reader<T>::read(json); }
};

template <class T>
struct Reader<std::vector<T>> {
    static Result<std::vector<T>> read(const Json& json) {
        if (!json.is_array()) return fail(json.dump() + " is no list");
        std::vector<T> values;
        for (const Json& element : json) {
            auto value = Reader<T>::read(element);
            if (!value) return std::unexpected(value.error());
            values.push_back(std::move(*value));
        }
        return values;
    }
};

// --- objects

/// A field of an object; `known` has the interfaces that were read before.
template <class T>
struct Field {
    std::string_view name;
    Result<void> (*take)(T& object, const Json& json, const Network& known);
};

template <auto member, class T>
Result<void> take(T& object, const Json& json, const Network&) {
    auto value = Reader<std::remove_cvref_t<decltype(object.*member)>>::read(json);
    if (!value) return std::unexpected(value.error());
    object.*member = std::move(*value);
    return {};
}

/// A device by name or number.
template <auto member, class T>
Result<void> take_device(T& object, const Json& json, const Network& known) {
    const auto found = std::ranges::find_if(known.interfaces, [&](const Interface& interface) {
        return json.is_string() ? json == interface.name : json == interface.index;
    });
    if (found == known.interfaces.end()) return fail(fmt::format("no interface {}", json.dump()));
    object.*member = found->index;
    return {};
}

Result<void> take_forwarding(Interface& interface, const Json& json, const Network& known) {
    if (auto taken = take<&Interface::forwarding_ipv4>(interface, json, known); !taken)
        return taken;
    interface.forwarding_ipv6 = interface.forwarding_ipv4;
    return {};
}

/// "192.0.2.0/24", "2001:db8::/32".
Result<void> take_prefix(Route& route, const Json& json, const Network&) {
    const std::string text = json.is_string() ? json.get<std::string>() : "";
    const std::size_t slash = text.find('/');
    auto address = Reader<IpAddress>::read(text.substr(0, slash));
    if (!address) return fail(json.dump() + " is no prefix like 192.0.2.0/24");
    const std::uint32_t longest = address->ipv6 ? 128 : 32;
    std::uint32_t length = longest;
    if (slash != std::string::npos) {
        const char* const end = text.data() + text.size();
        const auto [stop, error] = std::from_chars(text.data() + slash + 1, end, length);
        if (error != std::errc{} || stop != end || length > longest)
            return fail(json.dump() + " is no prefix like 192.0.2.0/24");
    }
    route.destination = *address;
    route.length = length;
    return {};
}

constexpr Field<Interface> interface_fields[] = {
    {"index", take<&Interface::index>},
    {"name", take<&Interface::name>},
    {"mtu", take<&Interface::mtu>},
    {"mac", take<&Interface::mac>},
    {"up", take<&Interface::up>},
    {"forwarding", take_forwarding},
    {"forwarding_ipv4", take<&Interface::forwarding_ipv4>},
    {"forwarding_ipv6", take<&Interface::forwarding_ipv6>},
    {"table", take<&Interface::table>},
    {"addresses", take<&Interface::addresses>},
};
constexpr Field<Route> route_fields[] = {
    {"to", take_prefix},
    {"type", take<&Route::type>},
    {"table", take<&Route::table>},
    {"dev", take_device<&Route::interface>},
    {"via", take<&Route::gateway>},
    {"metric", take<&Route::metric>},
    {"mtu", take<&Route::mtu>},
    {"src", take<&Route::source>},
    {"encap", take<&Route::encapsulated>},
};
constexpr Field<RouteRule> rule_fields[] = {
    {"mark", take<&RouteRule::mark>},
    {"table", take<&RouteRule::table>},
};
constexpr Field<Neighbour> neighbour_fields[] = {
    {"dev", take_device<&Neighbour::interface>},
    {"address", take<&Neighbour::address>},
    {"mac", take<&Neighbour::mac>},
    {"valid", take<&Neighbour::valid>},
};
constexpr Field<TunnelKey> tunnel_fields[] = {
    {"id", take<&TunnelKey::id>},
    {"source", take<&TunnelKey::source>},
    {"destination", take<&TunnelKey::destination>},
    {"tos", take<&TunnelKey::tos>},
    {"ttl", take<&TunnelKey::ttl>},
    {"label", take<&TunnelKey::label>},
    {"flags", take<&TunnelKey::flags>},
    {"options", take<&TunnelKey::options>},
};

// --- sockets

struct Word {
    std::string_view text;
    std::uint32_t number;
};
constexpr Word families[] = {{"unix", 1}, {"ipv4", 2}, {"ipv6", 10}};
constexpr Word types[] = {{"stream", 1}, {"dgram", 2}, {"raw", 3}};
constexpr Word protocols[] = {{"icmp", 1}, {"tcp", 6}, {"udp", 17}, {"mptcp", IPPROTO_MPTCP}};
constexpr Word states[] = {{"established", 1}, {"syn_sent", 2},   {"syn_recv", 3},
                           {"fin_wait1", 4},   {"fin_wait2", 5},  {"time_wait", 6},
                           {"close", 7},       {"close_wait", 8}, {"last_ack", 9},
                           {"listen", 10},     {"closing", 11},   {"new_syn_recv", 12}};

/// One of some words, or a number.
template <auto member, auto& words, class T>
Result<void> take_word(T& object, const Json& json, const Network& known) {
    if (!json.is_string()) return take<member>(object, json, known);
    const auto text = json.get<std::string>();
    const auto* word = std::ranges::find(words, text, &Word::text);
    if (word == std::end(words)) {
        std::vector<std::string_view> all;
        std::ranges::transform(words, std::back_inserter(all), &Word::text);
        return fail(fmt::format("'{}' is none of {}", text, fmt::join(all, ", ")));
    }
    object.*member = word->number;
    return {};
}

/// "192.0.2.1:80", "[2001:db8::1]:80", and "*:80" of a socket for all addresses.
Result<void> take_end(IpAddress& address, std::uint16_t& port, const Json& json) {
    const std::string text = json.is_string() ? json.get<std::string>() : "";
    const std::size_t colon = text.rfind(':');
    const auto wrong = [&] { return fail(json.dump() + " is no address like 192.0.2.1:80"); };
    if (colon == std::string::npos) return wrong();
    std::string host = text.substr(0, colon);
    const char* const end = text.data() + text.size();
    const auto [stop, error] = std::from_chars(text.data() + colon + 1, end, port);
    if (error != std::errc{} || stop != end) return wrong();
    if (host == "*") return {};
    if (host.starts_with('[') && host.ends_with(']')) host = host.substr(1, host.size() - 2);
    auto read = Reader<IpAddress>::read(host);
    if (!read) return wrong();
    address = *read;
    return {};
}

Result<void> take_local(Socket& socket, const Json& json, const Network&) {
    return take_end(socket.local, socket.local_port, json);
}

Result<void> take_remote(Socket& socket, const Json& json, const Network&) {
    return take_end(socket.remote, socket.remote_port, json);
}

Result<void> take_tcp(Socket& socket, const Json& json, const Network&) {
    bpf_tcp_sock scratch{};
    if (!json.is_object()) return fail("not a JSON object");
    for (const auto& [name, value] : json.items()) {
        auto number = Reader<std::uint64_t>::read(value);
        if (!number) return std::unexpected(number.error().in(name));
        if (!store_tcp_field(scratch, name, *number))
            return fail(
                fmt::format("{}: no such field of struct bpf_tcp_sock, or too large", name));
        socket.tcp.emplace_back(name, *number);
    }
    return {};
}

constexpr Field<Socket> socket_fields[] = {
    {"name", take<&Socket::name>},
    {"family", take_word<&Socket::family, families>},
    {"type", take_word<&Socket::type, types>},
    {"protocol", take_word<&Socket::protocol, protocols>},
    {"state", take_word<&Socket::state, states>},
    {"local", take_local},
    {"remote", take_remote},
    {"dev", take_device<&Socket::interface>},
    {"mark", take<&Socket::mark>},
    {"priority", take<&Socket::priority>},
    {"rx_queue", take<&Socket::rx_queue>},
    {"cookie", take<&Socket::cookie>},
    {"netns_cookie", take<&Socket::netns_cookie>},
    {"uid", take<&Socket::uid>},
    {"cgroups", take<&Socket::cgroups>},
    {"classid", take<&Socket::classid>},
    {"ipv6_only", take<&Socket::ipv6_only>},
    {"congestion", take<&Socket::congestion>},
    {"subflow_of", take<&Socket::subflow_of>},
    {"tcp", take_tcp},
};
template <auto address, auto port>
Result<void> take_end_of(Connection& connection, const Json& json, const Network&) {
    return take_end(connection.*address, connection.*port, json);
}

constexpr Field<Connection> connection_fields[] = {
    {"protocol", take_word<&Connection::protocol, protocols>},
    {"source", take_end_of<&Connection::source, &Connection::source_port>},
    {"destination", take_end_of<&Connection::destination, &Connection::destination_port>},
    {"reply_source", take_end_of<&Connection::reply_source, &Connection::reply_source_port>},
    {"reply_destination",
     take_end_of<&Connection::reply_destination, &Connection::reply_destination_port>},
    {"status", take<&Connection::status>},
    {"timeout_ms", take<&Connection::timeout_ms>},
    {"mark", take<&Connection::mark>},
    {"zone", take<&Connection::zone>},
};
constexpr Field<ReceiveMetadata::Hash> hash_fields[] = {
    {"value", take<&ReceiveMetadata::Hash::value>},
    {"type", take<&ReceiveMetadata::Hash::type>},
};
constexpr Field<ReceiveMetadata::VlanTag> vlan_fields[] = {
    {"protocol", take<&ReceiveMetadata::VlanTag::protocol>},
    {"tci", take<&ReceiveMetadata::VlanTag::tci>},
};
constexpr Field<Sysctl> sysctl_fields[] = {
    {"name", take<&Sysctl::name>},
    {"current", take<&Sysctl::current>},
    {"written", take<&Sysctl::written>},
};

template <class T>
Result<T> read_object(const Json& json, std::span<const Field<T>> fields, const Network& known) {
    T object{};
    if (!json.is_object()) return fail(json.dump() + " is no JSON object");
    for (const auto& [name, value] : json.items()) {
        const auto field = std::ranges::find(fields, name, &Field<T>::name);
        if (field == fields.end()) {
            std::vector<std::string_view> names;
            std::ranges::transform(fields, std::back_inserter(names), &Field<T>::name);
            return fail(fmt::format("no field '{}'; there are {}", name, fmt::join(names, ", ")));
        }
        if (auto taken = field->take(object, value, known); !taken)
            return std::unexpected(taken.error().in(name));
    }
    return object;
}

/// Reads a list of objects to the end of a member of the network.
template <auto member, auto& fields,
          class T = std::remove_cvref_t<decltype((std::declval<Network&>().*member)[0])>>
Result<void> take_list(Network& network, const Json& json, const Network&) {
    if (!json.is_array()) return fail("not a list");
    for (std::size_t i = 0; i < json.size(); ++i) {
        auto object = read_object<T>(json[i], fields, network);
        if (!object) return std::unexpected(object.error().in(fmt::format("[{}]", i)));
        (network.*member).push_back(std::move(*object));
    }
    return {};
}

Result<void> take_interfaces(Network& network, const Json& json, const Network& known) {
    const std::size_t old = network.interfaces.size();
    auto taken = take_list<&Network::interfaces, interface_fields>(network, json, known);
    if (!taken) return taken;
    for (std::size_t i = old; i < network.interfaces.size(); ++i) {
        const std::uint32_t index = network.interfaces[i].index;
        if (index == 0) return fail(fmt::format("[{}]: index is missing", i - old));
        if (std::ranges::count(network.interfaces, index, &Interface::index) > 1 && index != 1)
            return fail(fmt::format("[{}]: index {} is there twice", i - old, index));
    }
    // An interface with the number of the loopback device stands for it.
    if (std::ranges::count(network.interfaces, 1U, &Interface::index) > 1)
        network.interfaces.erase(network.interfaces.begin());
    return {};
}

Result<void> take_tunnel(Network& network, const Json& json, const Network& known) {
    auto tunnel = read_object<TunnelKey>(json, tunnel_fields, known);
    if (!tunnel) return std::unexpected(tunnel.error());
    if (tunnel->source.ipv6 != tunnel->destination.ipv6)
        return fail("source and destination are not of one family");
    network.tunnel = std::move(*tunnel);
    return {};
}

/// What a socket is a part of is an MPTCP connection.
Result<void> check_subflows(const Network& network) {
    constexpr std::uint32_t mptcp = IPPROTO_MPTCP;
    for (std::size_t i = 0; i < network.sockets.size(); ++i) {
        const std::string& name = network.sockets[i].subflow_of;
        const bool is_there = std::ranges::any_of(network.sockets, [&](const Socket& other) {
            return other.name == name && other.protocol == mptcp;
        });
        if (!name.empty() && !is_there)
            return fail(fmt::format("[{}]: subflow_of: no MPTCP socket '{}'", i, name));
    }
    return {};
}

/// What was left out of a socket follows from the rest.
Result<void> take_sockets(Network& network, const Json& json, const Network& known) {
    auto taken = take_list<&Network::sockets, socket_fields>(network, json, known);
    if (!taken) return taken;
    for (std::size_t i = 0; i < network.sockets.size(); ++i) {
        Socket& socket = network.sockets[i];
        constexpr std::uint32_t udp = 17;
        const auto gives = [&](const char* name) { return json[i].contains(name); };
        if (!gives("family") && (socket.local.ipv6 || socket.remote.ipv6)) socket.family = AF_INET6;
        if (!gives("type") && socket.protocol == udp) socket.type = 2;
        if (!gives("state") && socket.remote_port == 0)
            socket.state = socket.protocol == udp ? 7 : 10;
        socket.local.ipv6 = socket.remote.ipv6 = socket.family == AF_INET6;
    }
    return check_subflows(network);
}

/// What was left out of the way back is the way there turned round.
Result<void> take_connections(Network& network, const Json& json, const Network& known) {
    auto taken = take_list<&Network::connections, connection_fields>(network, json, known);
    if (!taken) return taken;
    for (std::size_t i = 0; i < network.connections.size(); ++i) {
        Connection& it = network.connections[i];
        const auto wrong = [&](const char* what) { return fail(fmt::format("[{}]: {}", i, what)); };
        if (!json[i].contains("source") || !json[i].contains("destination"))
            return wrong("source or destination is missing");
        if (!json[i].contains("reply_source"))
            it.reply_source = it.destination, it.reply_source_port = it.destination_port;
        if (!json[i].contains("reply_destination"))
            it.reply_destination = it.source, it.reply_destination_port = it.source_port;
        for (const IpAddress* end : {&it.destination, &it.reply_source, &it.reply_destination})
            if (end->ipv6 != it.source.ipv6) return wrong("addresses are not of one family");
    }
    return {};
}

/// What the device tells; null: it tells nothing of this packet.
template <auto member, auto& fields>
Result<void> take_told(ReceiveMetadata& metadata, const Json& json, const Network& known) {
    using Told = std::remove_cvref_t<decltype(metadata.*member)>;
    using T = Told::value_type::value_type;
    (metadata.*member).emplace();
    if (json.is_null()) return {};
    auto told = read_object<T>(json, fields, known);
    if (!told) return std::unexpected(told.error());
    *(metadata.*member) = *told;
    return {};
}

Result<void> take_timestamp(ReceiveMetadata& metadata, const Json& json, const Network&) {
    metadata.timestamp.emplace();
    if (json.is_null()) return {};
    auto told = Reader<std::uint64_t>::read(json);
    if (!told) return std::unexpected(told.error());
    *metadata.timestamp = *told;
    return {};
}

constexpr Field<ReceiveMetadata> metadata_fields[] = {
    {"timestamp", take_timestamp},
    {"hash", take_told<&ReceiveMetadata::hash, hash_fields>},
    {"vlan", take_told<&ReceiveMetadata::vlan, vlan_fields>},
};

Result<void> take_metadata(Network& network, const Json& json, const Network& known) {
    auto metadata = read_object<ReceiveMetadata>(json, metadata_fields, known);
    if (!metadata) return std::unexpected(metadata.error());
    network.metadata = *metadata;
    return {};
}

Result<void> take_own_socket(Network& network, const Json& json, const Network& known) {
    auto taken = take<&Network::own_socket>(network, json, known);
    if (!taken) return taken;
    if (std::ranges::count(network.sockets, network.own_socket, &Socket::name) == 1) return {};
    return fail(fmt::format("not one socket '{}'", network.own_socket));
}

Result<void> take_sysctl(Network& network, const Json& json, const Network& known) {
    auto sysctl = read_object<Sysctl>(json, sysctl_fields, known);
    if (!sysctl) return std::unexpected(sysctl.error());
    network.sysctl = std::move(*sysctl);
    return {};
}

/// In this order, as routes and neighbours name interfaces.
constexpr Field<Network> network_fields[] = {
    {"interfaces", take_interfaces},
    {"routes", take_list<&Network::routes, route_fields>},
    {"rules", take_list<&Network::rules, rule_fields>},
    {"neighbours", take_list<&Network::neighbours, neighbour_fields>},
    {"sockets", take_sockets},
    {"own_socket", take_own_socket},
    {"connections", take_connections},
    {"metadata", take_metadata},
    {"sysctl", take_sysctl},
    {"tunnel", take_tunnel},
    {"at_ingress", take<&Network::at_ingress>},
    {"classid", take<&Network::classid>},
    {"route_realm", take<&Network::route_realm>},
};

}  // namespace

Result<Network> parse_network(const Json& json) {
    Network network = Network::loopback();
    if (!json.is_object()) return fail("not a JSON object");
    for (const auto& [name, value] : json.items())
        if (std::ranges::find(network_fields, name, &Field<Network>::name) ==
            std::end(network_fields))
            return fail(fmt::format("no field '{}'", name));
    for (const Field<Network>& field : network_fields) {
        const auto found = json.find(field.name);
        if (found == json.end()) continue;
        if (auto taken = field.take(network, *found, network); !taken)
            return std::unexpected(taken.error().in(field.name));
    }
    return network;
}

}  // namespace bpftwin::cli
