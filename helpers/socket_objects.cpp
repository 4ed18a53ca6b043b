#include "helpers/socket_objects.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>

#include <cstring>
#include <string_view>

#include "fmt/format.h"
#include "helpers/probe.h"
#include "vm/kernel_objects.h"
#include "vm/object_fields.h"
#include "vm/runtime.h"
#include "vm/sockets.h"

namespace bpftwin {
namespace {

/// The struct that a socket of the world is in a kernel.
std::string_view struct_of(const Socket& socket) {
    const bool ipv6 = socket.family == AF_INET6;
    if (socket.family == AF_UNIX) return "unix_sock";
    if (socket.protocol == IPPROTO_UDP) return ipv6 ? "udp6_sock" : "udp_sock";
    if (socket.protocol == IPPROTO_MPTCP) return "mptcp_sock";
    if (socket.protocol != IPPROTO_TCP) return "sock";
    if (socket.state == tcp_state::time_wait) return "tcp_timewait_sock";
    if (socket.state == tcp_state::new_syn_recv) return "tcp_request_sock";
    return ipv6 ? "tcp6_sock" : "tcp_sock";
}

std::string_view proto_of(const Socket& socket) {
    const bool ipv6 = socket.family == AF_INET6;
    if (socket.protocol == IPPROTO_TCP) return ipv6 ? "TCPv6" : "TCP";
    if (socket.protocol == IPPROTO_UDP) return ipv6 ? "UDPv6" : "UDP";
    return socket.family == AF_UNIX ? "UNIX" : "";
}

void describe_common(ObjectFields fields, const Socket& socket) {
    const bool ipv6 = socket.local.ipv6;
    const std::size_t size = ipv6 ? 16 : 4;
    fields.set("skc_family", socket.family);
    fields.set("skc_state", socket.state);
    fields.set("skc_bound_dev_if", socket.interface);
    fields.set("skc_num", socket.local_port);
    fields.set("skc_dport", htons(socket.remote_port));
    fields.set("skc_ipv6only", socket.ipv6_only ? 1 : 0);
    fields.set("skc_cookie.counter", socket.cookie);
    fields.set_text("skc_prot.name", proto_of(socket));
    fields.copy(ipv6 ? "skc_v6_rcv_saddr" : "skc_rcv_saddr",
                ByteView(socket.local.bytes).first(size));
    fields.copy(ipv6 ? "skc_v6_daddr" : "skc_daddr", ByteView(socket.remote.bytes).first(size));
}

void describe_full(ObjectFields fields, const Socket& socket) {
    fields.set("sk_type", socket.type);
    fields.set("sk_protocol", socket.protocol);
    fields.set("sk_mark", socket.mark);
    fields.set("sk_priority", socket.priority);
    fields.set("sk_uid.val", socket.uid);
}

/// Where struct tcp_sock has what struct bpf_tcp_sock shows.
std::string_view tcp_field(std::string_view shown) {
    if (shown == "rtt_min") return "rtt_min.s[0].v";
    if (shown == "icsk_retransmits") return "inet_conn.icsk_retransmits";
    return shown;
}

void describe_tcp(ObjectFields fields, const LiveSocket& live) {
#define FIELD(name) fields.set(tcp_field(#name), live.tcp.name);
#include "vm/tcp_sock.def"
    fields.set("is_mptcp", live.socket.subflow_of.empty() ? 0 : 1);
}

}  // namespace

SocketTraits traits_of(const LiveSocket& live) {
    return {.family = live.socket.family,
            .type = live.socket.type,
            .protocol = live.socket.protocol,
            .state = live.socket.state,
            .is_of_tcp = live.socket.protocol == IPPROTO_TCP};
}

SocketTraits traits_of_object(Runtime& runtime, std::uint64_t object) {
    KernelObjects& objects = *runtime.objects();
    const auto value = [&](std::string_view struct_name, std::string_view field) {
        return static_cast<std::uint32_t>(objects.number(object, struct_name, field));
    };
    SocketTraits traits{.family = value("sock_common", "skc_family"),
                        .state = value("sock_common", "skc_state")};
    // The kernel compares addresses of its variables; here those have the names in them only.
    char name[8] = {};
    const std::uint64_t place = objects.address(object, "sock_common", "skc_prot.name");
    if (place != 0) static_cast<void>(probe_read_string(runtime, name, place, sizeof name));
    traits.is_of_tcp = std::strcmp(name, "TCP") == 0 || std::strcmp(name, "TCPv6") == 0;
    if (traits.state == tcp_state::time_wait || traits.state == tcp_state::new_syn_recv)
        return traits;  // The rest of struct sock is not there.
    const std::uint64_t last = objects.address(object, "sock", "sk_protocol");
    if (last == 0 || !objects.memory().holds(last, sizeof(std::uint16_t))) return traits;
    traits.type = value("sock", "sk_type");
    traits.protocol = value("sock", "sk_protocol");
    return traits;
}

std::uint64_t object_of(Runtime& runtime, LiveSocket& live) {
    KernelObjects* objects = runtime.objects();
    const std::string_view name = struct_of(live.socket);
    if (objects && live.object == 0) live.object = objects->make(name);
    if (live.object == 0) {
        runtime.stop({.reason = fmt::format("the kernel's types have no {}", name)});
        return 0;
    }
    describe_common({*objects, live.object, "sock_common"}, live.socket);
    if (live.is_full()) describe_full({*objects, live.object, "sock"}, live.socket);
    if (live.is_full() && live.socket.protocol == IPPROTO_TCP)
        describe_tcp({*objects, live.object, "tcp_sock"}, live);
    return live.object;
}

}  // namespace bpftwin
