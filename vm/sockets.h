// The sockets of the world while a program runs: what pointers to them lead to. Programs see
// struct bpf_sock and struct bpf_tcp_sock (include/uapi/linux/bpf.h) as plain memory.
#pragma once

#include <linux/bpf.h>

#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "bpftwin/network.h"
#include "vm/memory.h"

namespace bpftwin {

namespace tcp_state {  // Of <netinet/tcp.h> and include/net/tcp_states.h.
inline constexpr std::uint32_t established = 1;
inline constexpr std::uint32_t time_wait = 6;
inline constexpr std::uint32_t close = 7;
inline constexpr std::uint32_t listen = 10;
inline constexpr std::uint32_t new_syn_recv = 12;
}  // namespace tcp_state

/// One socket of a run.
struct LiveSocket {
    explicit LiveSocket(Socket description);

    [[nodiscard]] std::uint64_t address() const { return reinterpret_cast<std::uint64_t>(&seen); }
    [[nodiscard]] std::uint64_t tcp_address() const {
        return reinterpret_cast<std::uint64_t>(&tcp);
    }
    /// Neither a request nor waiting for its end (sk_fullsock).
    [[nodiscard]] bool is_full() const {
        return socket.state != tcp_state::time_wait && socket.state != tcp_state::new_syn_recv;
    }
    /// Rewrites `seen` after `socket` changed.
    void show();
    /// As it was before the run.
    void restart();

    const Socket first;  ///< As the run found it.
    Socket socket;
    bpf_sock seen{};
    bpf_tcp_sock tcp{};
    /// Options that were set: (level, number) to value.
    std::map<std::pair<int, int>, std::int32_t> options;
    std::uint32_t callback_flags = 0;  ///< bpf_sock_ops_cb_flags.
    unsigned references = 0;           ///< That the program holds.
    std::uint64_t object = 0;          ///< What it is as an object of the kernel, if it was asked.
};

/// What a socket is looked for by.
struct SocketQuery {
    std::uint32_t protocol;
    IpAddress local;
    IpAddress remote;
    std::uint16_t local_port;
    std::uint16_t remote_port;
    std::uint32_t interface;  ///< On which the packet came; 0: none.
};

/// The sockets of one run.
class SocketTable {
public:
    /// @param own what the context says of its socket, where the network names none.
    SocketTable(const Network& network, const Socket& own);

    /// The socket that the packet or the event belongs to.
    [[nodiscard]] LiveSocket& own() { return *sockets_[own_]; }
    /// The socket whose memory is at `address`, or null.
    [[nodiscard]] LiveSocket* at(std::uint64_t address);
    /// The best match, as the kernel scores them; null without one.
    [[nodiscard]] LiveSocket* find(const SocketQuery& query);

    /// Never 0: those that have none were given a number that no other one has.
    static std::uint64_t cookie_of(const LiveSocket& socket) { return socket.socket.cookie; }
    [[nodiscard]] LiveSocket* with_cookie(std::uint64_t cookie);
    /// The one that the network calls so, or null.
    [[nodiscard]] LiveSocket* named(std::string_view name);
    void restart();
    /// References that the program holds, all together; they are dropped.
    std::size_t drop_references();

    void attach(Memory& memory) const;

private:
    std::vector<std::unique_ptr<LiveSocket>> sockets_;
    std::size_t own_ = 0;
};

}  // namespace bpftwin
