#include "vm/sockets.h"

#include <arpa/inet.h>
#include <sys/socket.h>

#include <algorithm>
#include <cstring>
#include <utility>

#include "fmt/format.h"
#include "vm/tcp_sock.h"

namespace bpftwin {
namespace {

bool is_any(const IpAddress& address) {
    return std::ranges::all_of(address.bytes, [](std::byte b) { return b == std::byte{0}; });
}

bool same_bytes(const IpAddress& one, const IpAddress& other) { return one.bytes == other.bytes; }

bool fits_family(const Socket& socket, const SocketQuery& query) {
    const bool ipv6 = socket.family == AF_INET6;
    if (ipv6 == query.local.ipv6) return true;
    return ipv6 && !socket.ipv6_only && is_any(socket.local);
}

bool fits_remote(const Socket& socket, const SocketQuery& query) {
    return socket.remote_port == 0 ||
           (socket.remote_port == query.remote_port && same_bytes(socket.remote, query.remote));
}

/// As compute_score of the kernel's tables: more is better, 0 is no match.
int score(const Socket& socket, const SocketQuery& query) {
    constexpr std::uint32_t tcp = 6;
    const bool reachable =
        socket.protocol != tcp || socket.remote_port != 0 || socket.state == tcp_state::listen;
    if (!reachable || socket.protocol != query.protocol || socket.local_port != query.local_port ||
        socket.local_port == 0 || !fits_family(socket, query) || !fits_remote(socket, query))
        return 0;
    if (!is_any(socket.local) && !same_bytes(socket.local, query.local)) return 0;
    if (socket.interface != 0 && socket.interface != query.interface) return 0;
    const bool ipv6 = socket.family == AF_INET6;
    return 1 + (ipv6 == query.local.ipv6 ? 1 : 0) + (is_any(socket.local) ? 0 : 2) +
           (socket.interface != 0 ? 4 : 0) + (socket.remote_port != 0 ? 8 : 0);
}

void show_address(const IpAddress& address, std::uint32_t& ip4, std::uint32_t (&ip6)[4]) {
    ip4 = 0;
    std::memset(ip6, 0, sizeof ip6);
    if (address.ipv6)
        std::memcpy(ip6, address.bytes.data(), sizeof ip6);
    else
        std::memcpy(&ip4, address.bytes.data(), sizeof ip4);
}

}  // namespace

LiveSocket::LiveSocket(Socket description) : first(std::move(description)), socket(first) {
    for (const auto& [name, value] : socket.tcp) store_tcp_field(tcp, name, value);
    show();
}

void LiveSocket::show() {
    seen.bound_dev_if = socket.interface;
    seen.family = socket.family;
    seen.type = socket.type;
    seen.protocol = socket.protocol;
    seen.mark = socket.mark;
    seen.priority = socket.priority;
    seen.src_port = socket.local_port;
    seen.dst_port = htons(socket.remote_port);
    seen.state = socket.state;
    seen.rx_queue_mapping = static_cast<std::int32_t>(socket.rx_queue);
    show_address(socket.local, seen.src_ip4, seen.src_ip6);
    show_address(socket.remote, seen.dst_ip4, seen.dst_ip6);
}

void LiveSocket::restart() {
    socket = first;
    options.clear();
    callback_flags = 0;
    references = 0;
    show();
}

namespace {

/// The socket with a cookie: its own, or its place among all, or the next number that is free.
Socket numbered(const Socket& socket, const Network& network) {
    Socket result = socket;
    if (socket.cookie != 0) return result;
    result.cookie = static_cast<std::uint64_t>(&socket - network.sockets.data()) + 1;
    while (std::ranges::find(network.sockets, result.cookie, &Socket::cookie) !=
           network.sockets.end())
        result.cookie += network.sockets.size();
    return result;
}

}  // namespace

SocketTable::SocketTable(const Network& network, const Socket& own) {
    for (const Socket& socket : network.sockets)
        sockets_.push_back(std::make_unique<LiveSocket>(numbered(socket, network)));
    const auto found = std::ranges::find_if(sockets_, [&](const auto& live) {
        return !network.own_socket.empty() && live->socket.name == network.own_socket;
    });
    own_ = static_cast<std::size_t>(found - sockets_.begin());
    if (found != sockets_.end()) return;
    std::uint64_t cookie = sockets_.size() + 1;
    while (with_cookie(cookie)) ++cookie;
    Socket described = own;
    described.cookie = cookie;
    sockets_.push_back(std::make_unique<LiveSocket>(std::move(described)));
}

LiveSocket* SocketTable::at(std::uint64_t address) {
    const auto found = std::ranges::find_if(sockets_, [&](const auto& live) {
        return address == live->address() || address == live->tcp_address() ||
               (address == live->object && address != 0);
    });
    return found == sockets_.end() ? nullptr : found->get();
}

LiveSocket* SocketTable::find(const SocketQuery& query) {
    LiveSocket* best = nullptr;
    int best_score = 0;
    for (const auto& live : sockets_)
        if (const int points = score(live->socket, query); points > best_score) {
            best = live.get();
            best_score = points;
        }
    return best;
}

LiveSocket* SocketTable::with_cookie(std::uint64_t cookie) {
    for (const auto& live : sockets_)
        if (live->socket.cookie == cookie) return live.get();
    return nullptr;
}

LiveSocket* SocketTable::named(std::string_view name) {
    for (const auto& live : sockets_)
        if (live->socket.name == name) return live.get();
    return nullptr;
}

void SocketTable::restart() {
    for (const auto& live : sockets_) live->restart();
}

std::size_t SocketTable::drop_references() {
    std::size_t count = 0;
    for (const auto& live : sockets_) count += std::exchange(live->references, 0U);
    return count;
}

void SocketTable::attach(Memory& memory) const {
    for (const auto& live : sockets_) {
        const std::string name =
            live->socket.name.empty() ? "socket" : "socket " + live->socket.name;
        memory.add(
            {.begin = live->address(), .size = sizeof live->seen, .writable = false, .name = name});
        memory.add({.begin = live->tcp_address(),
                    .size = sizeof live->tcp,
                    .writable = false,
                    .name = fmt::format("TCP {}", name)});
    }
}

}  // namespace bpftwin
