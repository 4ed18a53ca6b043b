// Sockets of the world (net/core/filter.c bpf_sk_lookup and following, net/ipv4/inet_hashtables.c).
#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>

#include <cerrno>
#include <cstring>
#include <limits>

#include "helpers/calls.h"
#include "helpers/maps/attributes.h"
#include "helpers/network.h"
#include "helpers/require.h"
#include "helpers/tasks.h"
#include "vm/context.h"
#include "vm/kernel_objects.h"
#include "vm/runtime.h"
#include "vm/sockets.h"

namespace bpftwin::calls {
namespace {

/// The device that the packet came from; programs without one have none.
std::uint32_t interface_of_packet(Runtime& runtime) {
    const auto field = runtime.program().type == ProgType::xdp ? "ingress_ifindex" : "ifindex";
    return static_cast<std::uint32_t>(runtime.context().value(field).value_or(0));
}

/// Of a request the socket that listens, of all others themselves.
LiveSocket* full_socket(SocketTable& sockets, LiveSocket* found) {
    if (!found || found->is_full()) return found;
    if (found->socket.state == tcp_state::time_wait) return nullptr;
    SocketQuery query{.protocol = found->socket.protocol,
                      .local = found->socket.local,
                      .local_port = found->socket.local_port};
    LiveSocket* listener = sockets.find(query);
    return listener && listener->is_full() ? listener : nullptr;
}

LiveSocket* look_up(Runtime& runtime, std::uint32_t protocol, const void* tuple, std::uint32_t size,
                    std::uint64_t netns, std::uint64_t flags, bool full) {
    SocketTable* sockets = runtime.context().sockets();
    if (!is_sock_tuple(size)) return nullptr;
    if (!require_memory(runtime, tuple, size)) return nullptr;
    // Of other network namespaces the world knows none, so only a negative number names one.
    if (!sockets || flags != 0 || static_cast<std::int32_t>(netns) >= 0) return nullptr;
    SocketQuery query = query_from(tuple, size);
    query.protocol = protocol;
    query.interface = interface_of_packet(runtime);
    LiveSocket* found = sockets->find(query);
    if (full) found = full_socket(*sockets, found);
    if (found) ++found->references;
    return found;
}

std::uint64_t address_of(const LiveSocket* socket) { return socket ? socket->address() : 0; }

/// Stops a program that gives no socket where the verifier wants one.
bool require_socket(Runtime& runtime, const LiveSocket* socket) {
    return socket || refuse_socket(runtime, 0);
}

/// The network lets go of sockets by RCU where nothing else counts them.
bool is_counted(const Socket& socket) {
    const bool listens = socket.state == tcp_state::listen;
    return !listens && socket.protocol != IPPROTO_UDP;
}

/// What keeps a socket from being chosen in place of the one that the network would find.
long check_choice(Runtime& runtime, const Socket& socket) {
    if (is_counted(socket) || socket.state == tcp_state::established) return -ESOCKTNOSUPPORT;
    Context& context = runtime.context();
    if (socket.protocol != context.value("protocol").value_or(0)) return -EPROTOTYPE;
    const bool other_family = socket.family != context.value("family").value_or(0);
    if (other_family && (socket.family == AF_INET || socket.ipv6_only)) return -EAFNOSUPPORT;
    return 0;
}

/// bpf_sk_lookup_assign. Null takes a choice back.
long choose_socket(Runtime& runtime, LiveSocket* socket, std::uint64_t flags) {
    constexpr std::uint64_t replace = 1;       // BPF_SK_LOOKUP_F_REPLACE.
    constexpr std::uint64_t no_reuseport = 2;  // BPF_SK_LOOKUP_F_NO_REUSEPORT.
    if ((flags & ~(replace | no_reuseport)) != 0) return -EINVAL;
    if (socket)
        if (const long error = check_choice(runtime, socket->socket)) return error;
    Context& context = runtime.context();
    if (context.value("sk").value_or(0) != 0 && (flags & replace) == 0) return -EEXIST;
    static_cast<void>(context.set("sk", address_of(socket)));
    auto& assigned = runtime.effects().socket.assigned;
    assigned.reset();
    if (socket) assigned = socket->socket.name;
    return 0;
}

std::uint64_t ancestor_of(const LiveSocket* socket, int level) {
    if (!socket || !socket->is_full()) return 0;
    const auto& groups = socket->socket.cgroups;
    const auto index = static_cast<std::size_t>(level);
    return level < 0 || index >= groups.size() ? 0 : groups[index];
}

std::uint64_t group_of(const LiveSocket* socket) {
    const bool has_group = socket && socket->is_full() && !socket->socket.cgroups.empty();
    return has_group ? socket->socket.cgroups.back() : 0;
}

}  // namespace

std::uint64_t sk_lookup_tcp(Runtime& runtime, const void*, const void* tuple, std::uint32_t size,
                            std::uint64_t netns, std::uint64_t flags) {
    return address_of(look_up(runtime, IPPROTO_TCP, tuple, size, netns, flags, true));
}

std::uint64_t sk_lookup_udp(Runtime& runtime, const void*, const void* tuple, std::uint32_t size,
                            std::uint64_t netns, std::uint64_t flags) {
    return address_of(look_up(runtime, IPPROTO_UDP, tuple, size, netns, flags, true));
}

std::uint64_t skc_lookup_tcp(Runtime& runtime, const void*, const void* tuple, std::uint32_t size,
                             std::uint64_t netns, std::uint64_t flags) {
    return address_of(look_up(runtime, IPPROTO_TCP, tuple, size, netns, flags, false));
}

long sk_release(Runtime& runtime, LiveSocket* socket) {
    if (!require_socket(runtime, socket)) return 0;
    if (socket->references == 0)
        refuse_argument(runtime, "the program holds no reference to that socket");
    else
        --socket->references;
    return 0;
}

std::uint64_t sk_fullsock(Runtime& runtime, LiveSocket* socket) {
    if (!require_socket(runtime, socket)) return 0;
    return socket->is_full() ? socket->address() : 0;
}

std::uint64_t tcp_sock(Runtime& runtime, LiveSocket* socket) {
    if (!require_socket(runtime, socket)) return 0;
    const bool is_tcp = socket->is_full() && socket->socket.protocol == IPPROTO_TCP;
    return is_tcp ? socket->tcp_address() : 0;
}

std::uint64_t get_listener_sock(Runtime& runtime, LiveSocket* socket) {
    if (!require_socket(runtime, socket)) return 0;
    const LiveSocket* full = full_socket(*runtime.context().sockets(), socket);
    return full && full->socket.state == tcp_state::listen ? full->address() : 0;
}

long sk_assign(Runtime& runtime, const void*, LiveSocket* socket, std::uint64_t flags) {
    if (runtime.program().type == ProgType::sk_lookup) return choose_socket(runtime, socket, flags);
    if (!socket || flags != 0) return -EINVAL;
    if (!network_of(runtime).at_ingress) return -EOPNOTSUPP;
    runtime.effects().socket.assigned = socket->socket.name;
    return 0;
}

std::uint64_t get_socket_cookie(Runtime&, LiveSocket* socket) {
    return socket ? SocketTable::cookie_of(*socket) : 0;
}

std::uint32_t get_socket_uid(Runtime&, LiveSocket* socket) {
    constexpr std::uint32_t overflow_uid = 65534;
    return socket && socket->is_full() ? socket->socket.uid : overflow_uid;
}

std::uint64_t get_netns_cookie(Runtime&, LiveSocket* socket) {
    constexpr std::uint64_t initial_namespace = 1;
    return socket ? socket->socket.netns_cookie : initial_namespace;
}

std::uint32_t skb_cgroup_classid(Runtime&, LiveSocket* socket) {
    return socket && socket->is_full() ? socket->socket.classid : 0;
}

long skb_under_cgroup(Runtime& runtime, LiveSocket* socket, Map& map, std::uint32_t index) {
    if (!socket || !socket->is_full()) return -ENOENT;
    return is_cgroup_at(runtime, map, index, socket->socket.cgroups);
}

std::uint64_t skb_cgroup_id(Runtime&, LiveSocket* socket) { return group_of(socket); }

std::uint64_t skb_ancestor_cgroup_id(Runtime&, LiveSocket* socket, int level) {
    return ancestor_of(socket, level);
}

std::uint64_t sk_cgroup_id(Runtime&, LiveSocket* socket) { return group_of(socket); }

std::uint64_t sk_ancestor_cgroup_id(Runtime&, LiveSocket* socket, int level) {
    return ancestor_of(socket, level);
}

long sock_ops_cb_flags_set(Runtime& runtime, LiveSocket* socket, int flags) {
    constexpr int all = 0x7f;  // BPF_SOCK_OPS_ALL_CB_FLAGS.
    if (!socket || !socket->is_full() || runtime.context().value("is_fullsock") == 0)
        return -EINVAL;
    socket->callback_flags = static_cast<std::uint32_t>(flags & all);
    runtime.effects().socket.callback_flags = socket->callback_flags;
    static_cast<void>(runtime.context().set("bpf_sock_ops_cb_flags", socket->callback_flags));
    return flags & ~all;
}

long tcp_send_ack(Runtime& runtime, std::uint64_t socket, std::uint32_t next) {
    KernelObjects* objects = runtime.objects();
    const bool closed =
        objects && objects->number(socket, "sock_common", "skc_state") == tcp_state::close;
    if (closed || !require_output_room(runtime, sizeof next)) return 0;
    runtime.effects().socket.acks.push_back(next);
    return 0;
}

long bind(Runtime& runtime, LiveSocket* socket, const void* address, int size) {
    constexpr int ipv6_least = 24;  // SIN6_LEN_RFC2133.
    sockaddr_in6 given{};
    if (!socket || size < static_cast<int>(sizeof given.sin6_family)) return -EINVAL;
    std::memcpy(&given, address,
                std::min<std::size_t>(static_cast<std::size_t>(size), sizeof given));
    const bool ipv6 = given.sin6_family == AF_INET6;
    if (!ipv6 && given.sin6_family != AF_INET) return -EAFNOSUPPORT;
    if (size < (ipv6 ? ipv6_least : static_cast<int>(sizeof(sockaddr_in)))) return -EINVAL;
    IpAddress& to = socket->socket.local;
    to = {.ipv6 = ipv6};
    // sin_port and sin6_port are at one place, the addresses are not.
    const auto* bytes = static_cast<const std::byte*>(address);
    std::copy_n(
        bytes + (ipv6 ? offsetof(sockaddr_in6, sin6_addr) : offsetof(sockaddr_in, sin_addr)),
        ipv6 ? 16 : 4, to.bytes.begin());
    socket->socket.local_port = ntohs(given.sin6_port);
    socket->show();
    runtime.effects().socket.bound_address = to;
    runtime.effects().socket.bound_port = socket->socket.local_port;
    return 0;
}

}  // namespace bpftwin::calls
