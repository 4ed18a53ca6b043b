// What programs do with maps of sockets: keep them, send messages and packets to them, choose them
// (net/core/sock_map.c, bpf_sk_select_reuseport in net/core/filter.c).
#include <linux/bpf.h>
#include <netinet/in.h>

#include <algorithm>
#include <cerrno>
#include <cstring>

#include "fmt/format.h"
#include "helpers/calls.h"
#include "helpers/maps/socket_maps.h"
#include "helpers/require.h"
#include "helpers/socket_map_calls.h"
#include "vm/context.h"
#include "vm/runtime.h"
#include "vm/sockets.h"

namespace bpftwin {

LiveSocket* socket_at(Runtime& runtime, Map& map, const void* key) {
    SocketHolder* holder = socket_holder(map);
    SocketTable* sockets = runtime.context().sockets();
    const std::uint64_t cookie = holder && sockets ? holder->cookie_at(key) : 0;
    return cookie != 0 ? sockets->with_cookie(cookie) : nullptr;
}

long keep_socket(Map& map, const void* key, LiveSocket& socket, std::uint64_t flags) {
    return socket_holder(map)->keep(key, SocketTable::cookie_of(socket), flags);
}

}  // namespace bpftwin

namespace bpftwin::calls {
namespace {

constexpr long drop = 0;  // SK_DROP.
constexpr long pass = 1;  // SK_PASS.

bool require_socket_map(Runtime& runtime, Map& map) {
    if (socket_holder(map)) return true;
    refuse_argument(runtime, fmt::format("map {} of type {} holds no sockets", map.spec().name,
                                         name_of(map.spec().type)));
    return false;
}

/// Whether data may be sent to the socket (sock_map_redirect_allowed).
bool takes_data(const Socket& socket) {
    return socket.protocol == IPPROTO_TCP ? socket.state != tcp_state::listen
                                          : socket.state == tcp_state::established;
}

/// The first eight bytes of a key, as a number.
std::uint64_t key_number(const Map& map, const void* key) {
    std::uint64_t number = 0;
    std::memcpy(&number, key, std::min<std::size_t>(map.spec().key_size, sizeof number));
    return number;
}

long redirect_to(Runtime& runtime, Map& map, const void* key, std::uint64_t flags, bool message) {
    constexpr std::uint64_t ingress = 1;  // BPF_F_INGRESS.
    if (!require_socket_map(runtime, map) || (flags & ~ingress) != 0) return drop;
    const LiveSocket* target = socket_at(runtime, map, key);
    if (!target || !takes_data(target->socket)) return drop;
    if (message && flags == 0 && target->socket.protocol != IPPROTO_TCP) return drop;
    runtime.effects().redirect = Redirect{.kind = Redirect::Kind::map,
                                          .ifindex = 0,
                                          .map = map.spec().name,
                                          .key = key_number(map, key),
                                          .flags = flags};
    runtime.effects().socket.assigned = target->socket.name;
    return pass;
}

/// The socket of a sock_ops event goes into a map.
long keep_own(Runtime& runtime, Map& map, const void* key, std::uint64_t flags) {
    if (!require_socket_map(runtime, map)) return 0;
    const std::uint64_t op = runtime.context().value("op").value_or(0);
    const bool op_okay = op == BPF_SOCK_OPS_PASSIVE_ESTABLISHED_CB ||
                         op == BPF_SOCK_OPS_ACTIVE_ESTABLISHED_CB ||
                         op == BPF_SOCK_OPS_TCP_LISTEN_CB;
    SocketTable* sockets = runtime.context().sockets();
    if (!sockets || !op_okay || sockets->own().socket.protocol != IPPROTO_TCP) return -EOPNOTSUPP;
    return keep_socket(map, key, sockets->own(), flags);
}

}  // namespace

long sock_map_update(Runtime& runtime, const void*, Map& map, const void* key,
                     std::uint64_t flags) {
    return keep_own(runtime, map, key, flags);
}

long sock_hash_update(Runtime& runtime, const void*, Map& map, const void* key,
                      std::uint64_t flags) {
    return keep_own(runtime, map, key, flags);
}

long sk_redirect_map(Runtime& runtime, const void*, Map& map, std::uint32_t key,
                     std::uint64_t flags) {
    return redirect_to(runtime, map, &key, flags, false);
}

long sk_redirect_hash(Runtime& runtime, const void*, Map& map, const void* key,
                      std::uint64_t flags) {
    return redirect_to(runtime, map, key, flags, false);
}

long msg_redirect_map(Runtime& runtime, const void*, Map& map, std::uint32_t key,
                      std::uint64_t flags) {
    return redirect_to(runtime, map, &key, flags, true);
}

long msg_redirect_hash(Runtime& runtime, const void*, Map& map, const void* key,
                       std::uint64_t flags) {
    return redirect_to(runtime, map, key, flags, true);
}

long sk_select_reuseport(Runtime& runtime, const void*, Map& map, const void* key,
                         std::uint64_t flags) {
    if (!require_socket_map(runtime, map)) return 0;
    if (flags != 0) return -EINVAL;
    const LiveSocket* chosen = socket_at(runtime, map, key);
    if (!chosen) return -ENOENT;
    const Socket& own = runtime.context().sockets()->own().socket;
    if (own.protocol != chosen->socket.protocol) return -EPROTOTYPE;
    if (own.family != chosen->socket.family) return -EAFNOSUPPORT;
    if (own.local_port != 0 && own.local_port != chosen->socket.local_port) return -EBADFD;
    runtime.effects().socket.assigned = chosen->socket.name;
    return 0;
}

}  // namespace bpftwin::calls
