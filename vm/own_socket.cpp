#include "vm/own_socket.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>

#include <cstring>
#include <string>

#include "fmt/format.h"
#include "vm/context.h"
#include "vm/sockets.h"

namespace bpftwin {
namespace {

std::uint32_t value_of(const Context& context, std::string_view field) {
    return static_cast<std::uint32_t>(context.value(field).value_or(0));
}

/// The address in `prefix`_ip4 or `prefix`_ip6.
IpAddress address_in(const Context& context, std::string_view prefix, bool ipv6) {
    IpAddress address{.ipv6 = ipv6};
    for (unsigned i = 0; i < (ipv6 ? 4U : 1U); ++i) {
        const auto name =
            ipv6 ? fmt::format("{}_ip6[{}]", prefix, i) : fmt::format("{}_ip4", prefix);
        const std::uint32_t word = value_of(context, name);
        std::memcpy(&address.bytes[std::size_t{4} * i], &word, sizeof word);
    }
    return address;
}

void describe_ends(Socket& socket, const Context& context) {
    const bool ipv6 = socket.family == AF_INET6;
    socket.local = address_in(context, "local", ipv6);
    socket.remote = address_in(context, "remote", ipv6);
    socket.local_port = static_cast<std::uint16_t>(value_of(context, "local_port"));
    socket.remote_port = static_cast<std::uint16_t>(ntohl(value_of(context, "remote_port")));
}

/// The context is the socket.
void describe_sock(Socket& socket, const Context& context) {
    const bool ipv6 = socket.family == AF_INET6;
    socket.type = value_of(context, "type");
    socket.protocol = value_of(context, "protocol");
    socket.state = value_of(context, "state");
    socket.mark = value_of(context, "mark");
    socket.priority = value_of(context, "priority");
    socket.local = address_in(context, "src", ipv6);
    socket.remote = address_in(context, "dst", ipv6);
    socket.local_port = static_cast<std::uint16_t>(value_of(context, "src_port"));
    socket.remote_port = ntohs(static_cast<std::uint16_t>(value_of(context, "dst_port")));
}

void describe_receiver(Socket& socket, const Context& context) {
    socket.protocol = value_of(context, "ip_protocol");
    const bool tcp = socket.protocol == IPPROTO_TCP;
    socket.type = tcp ? SOCK_STREAM : SOCK_DGRAM;
    socket.state = tcp ? tcp_state::listen : tcp_state::close;
    socket.family = value_of(context, "eth_protocol") == htons(0x86dd) ? AF_INET6 : AF_INET;
}

/// Without type, protocol and connection, as that of a test-run.
void describe_untyped(Socket& socket, const Context& context) {
    socket.type = 0;
    socket.protocol = 0;
    socket.state = tcp_state::close;
    describe_ends(socket, context);
}

}  // namespace

bool has_own_socket(const Context& context) {
    const ContextLayout& layout = context.layout();
    if (layout.type == ProgType::cgroup_sock) return true;
    if (layout.type == ProgType::flow_dissector || layout.type == ProgType::sk_lookup) return false;
    return layout.field("sk") != nullptr;
}

Socket own_socket(const Context& context) {
    Socket socket{.family = value_of(context, "family")};
    switch (context.layout().type) {
        case ProgType::cgroup_sock: describe_sock(socket, context); break;
        case ProgType::sk_reuseport: describe_receiver(socket, context); break;
        case ProgType::cgroup_sock_addr:
            socket.type = value_of(context, "type");
            socket.protocol = value_of(context, "protocol");
            socket.state = tcp_state::close;
            break;
        case ProgType::cgroup_sockopt: socket.family = AF_INET; break;
        case ProgType::sk_msg:
        case ProgType::sk_skb: describe_ends(socket, context); break;
        case ProgType::sock_ops:
            describe_ends(socket, context);
            if (const std::uint32_t state = value_of(context, "state"); state != 0)
                socket.state = state;
            break;
        default: describe_untyped(socket, context); break;
    }
    return socket;
}

}  // namespace bpftwin
