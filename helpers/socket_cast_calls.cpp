// What a socket is to the kernel (bpf_skc_to_*_sock and bpf_sock_from_file in net/core/filter.c):
// the same object by another type, or null.
#include <netinet/in.h>
#include <sys/socket.h>
#include <sys/stat.h>

#include "helpers/calls.h"
#include "helpers/require.h"
#include "helpers/socket_objects.h"
#include "vm/context.h"
#include "vm/kernel_objects.h"
#include "vm/runtime.h"
#include "vm/sockets.h"

namespace bpftwin::calls {
namespace {

/// sk_fullsock.
bool is_full(const SocketTraits& socket) {
    return socket.state != tcp_state::time_wait && socket.state != tcp_state::new_syn_recv;
}

bool is_tcp(const SocketTraits& socket) {
    return is_full(socket) && socket.protocol == IPPROTO_TCP;
}
bool is_tcp6(const SocketTraits& socket) { return is_tcp(socket) && socket.family == AF_INET6; }
bool is_time_wait(const SocketTraits& socket) {
    return socket.is_of_tcp && socket.state == tcp_state::time_wait;
}
bool is_request(const SocketTraits& socket) {
    return socket.is_of_tcp && socket.state == tcp_state::new_syn_recv;
}
bool is_udp6(const SocketTraits& socket) {
    return is_full(socket) && socket.protocol == IPPROTO_UDP && socket.type == SOCK_DGRAM &&
           socket.family == AF_INET6;
}
bool is_unix(const SocketTraits& socket) { return is_full(socket) && socket.family == AF_UNIX; }

LiveSocket* live_at(Runtime& runtime, std::uint64_t socket) {
    SocketTable* sockets = runtime.context().sockets();
    return sockets ? sockets->at(socket) : nullptr;
}

/// The socket's object if it is of that kind.
std::uint64_t cast(Runtime& runtime, std::uint64_t socket, bool (*is_kind)(const SocketTraits&)) {
    if (socket == 0) return 0;
    if (LiveSocket* live = live_at(runtime, socket))
        return is_kind(traits_of(*live)) ? object_of(runtime, *live) : 0;
    if (!runtime.objects() || !runtime.objects()->memory().holds(socket, 1)) {
        refuse_socket(runtime, socket);
        return 0;
    }
    return is_kind(traits_of_object(runtime, socket)) ? socket : 0;
}

}  // namespace

std::uint64_t skc_to_tcp_sock(Runtime& runtime, std::uint64_t socket) {
    return cast(runtime, socket, is_tcp);
}

std::uint64_t skc_to_tcp6_sock(Runtime& runtime, std::uint64_t socket) {
    return cast(runtime, socket, is_tcp6);
}

std::uint64_t skc_to_tcp_timewait_sock(Runtime& runtime, std::uint64_t socket) {
    return cast(runtime, socket, is_time_wait);
}

std::uint64_t skc_to_tcp_request_sock(Runtime& runtime, std::uint64_t socket) {
    return cast(runtime, socket, is_request);
}

std::uint64_t skc_to_udp6_sock(Runtime& runtime, std::uint64_t socket) {
    return cast(runtime, socket, is_udp6);
}

std::uint64_t skc_to_unix_sock(Runtime& runtime, std::uint64_t socket) {
    return cast(runtime, socket, is_unix);
}

// bpf_mptcp_sock_from_subflow: another socket than the one given.
std::uint64_t skc_to_mptcp_sock(Runtime& runtime, LiveSocket* socket) {
    if (!socket || !is_tcp(traits_of(*socket)) || socket->socket.subflow_of.empty()) return 0;
    LiveSocket* whole = runtime.context().sockets()->named(socket->socket.subflow_of);
    return whole ? object_of(runtime, *whole) : 0;
}

// The kernel compares the file's operations with those of sockets. No other file that is open for
// use has an inode of that kind.
std::uint64_t sock_from_file(Runtime& runtime, std::uint64_t file) {
    KernelObjects* objects = runtime.objects();
    if (!objects || !S_ISSOCK(objects->number(file, "file", "f_inode.i_mode"))) return 0;
    return objects->number(file, "file", "private_data");
}

}  // namespace bpftwin::calls
