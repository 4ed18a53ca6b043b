// SYN cookies (net/ipv4/syncookies.c, net/ipv6/syncookies.c, net/core/filter.c): a number that
// holds what a SYN said, so that nothing has to be kept until its sender answers.
#include <arpa/inet.h>
#include <netinet/in.h>
#include <netinet/ip.h>
#include <netinet/ip6.h>
#include <netinet/tcp.h>
#include <sys/socket.h>

#include <array>
#include <cerrno>
#include <cstring>
#include <optional>
#include <span>

#include "helpers/calls.h"
#include "vm/runtime.h"
#include "vm/sockets.h"

namespace bpftwin::calls {
namespace {

/// Segment sizes that a cookie can hold (`msstab`): the largest one that is not above the sender's.
constexpr std::array<std::uint16_t, 4> sizes_ipv4 = {536, 1300, 1440, 1460};
constexpr std::array<std::uint16_t, 4> sizes_ipv6 = {1220, 1420, 1440, 8940};

/// The header of one family, with what cookies depend on.
struct Flow {
    std::array<std::byte, 32> addresses{};
    bool ipv6 = false;
    tcphdr tcp{};

    [[nodiscard]] std::span<const std::uint16_t, 4> sizes() const {
        return ipv6 ? sizes_ipv6 : sizes_ipv4;
    }
};

Flow flow_of(const void* ip, const void* tcp, bool ipv6) {
    Flow flow{.ipv6 = ipv6};
    const auto* bytes = static_cast<const std::byte*>(ip);
    std::copy_n(bytes + (ipv6 ? 8 : 12), ipv6 ? 32 : 8, flow.addresses.begin());
    std::memcpy(&flow.tcp, tcp, sizeof flow.tcp);
    return flow;
}

/// FNV-1a over addresses, ports and `salt`, mixed.
std::uint32_t hash_of(const Flow& flow, std::uint64_t salt) {
    std::uint64_t state = 0xcbf29ce484222325 ^ salt;
    const auto add = [&](ByteView bytes) {
        for (const std::byte byte : bytes)
            state = (state ^ static_cast<std::uint64_t>(byte)) * 0x100000001b3;
    };
    add(flow.addresses);
    add(std::as_bytes(std::span(&flow.tcp.th_sport, 2)));
    state ^= state >> 33;
    state *= 0xff51afd7ed558ccd;
    return static_cast<std::uint32_t>(state >> 32);
}

constexpr unsigned data_bits = 24;  // COOKIEBITS.
constexpr std::uint32_t data_mask = (1U << data_bits) - 1;

/// secure_tcp_syn_cookie: the sender's sequence number and the index of a size, under two hashes.
std::uint32_t cookie_of(const Flow& flow, std::uint32_t sequence, std::uint32_t index) {
    return hash_of(flow, 1) + sequence + ((hash_of(flow, 2) + index) & data_mask);
}

/// check_tcp_syn_cookie. @return the size, or nothing for a number that is no cookie.
std::optional<std::uint16_t> size_in(const Flow& flow, std::uint32_t cookie,
                                     std::uint32_t sequence) {
    const std::uint32_t rest = cookie - hash_of(flow, 1) - sequence;
    if (rest >> data_bits != 0) return std::nullopt;
    const std::uint32_t index = (rest - hash_of(flow, 2)) & data_mask;
    if (index >= flow.sizes().size()) return std::nullopt;
    return flow.sizes()[index];
}

/// The maximum segment size that a SYN offers; 0 without one (tcp_parse_mss_option).
std::uint16_t offered_size(const void* tcp, std::uint32_t size) {
    enum : std::uint8_t { end, padding, segment_size };
    const auto* option = static_cast<const std::uint8_t*>(tcp) + sizeof(tcphdr);
    const auto* stop = static_cast<const std::uint8_t*>(tcp) + size;
    while (option < stop && *option != end) {
        if (*option == padding) {
            ++option;
            continue;
        }
        if (stop - option < 2 || option[1] < 2 || option[1] > stop - option) return 0;
        if (*option == segment_size && option[1] == 4)
            return static_cast<std::uint16_t>(option[2] << 8 | option[3]);
        option += option[1];
    }
    return 0;
}

std::int64_t answer(const Flow& flow, std::uint16_t offered) {
    std::uint32_t index = 3;
    while (index > 0 && offered < flow.sizes()[index]) --index;
    const std::uint32_t cookie = cookie_of(flow, ntohl(flow.tcp.seq), index);
    return static_cast<std::int64_t>(std::uint64_t{flow.sizes()[index]} << 32 | cookie);
}

std::int64_t generate(const void* ip, const void* tcp, std::uint32_t size, bool ipv6) {
    constexpr std::uint16_t usual_ipv4 = 536;        // TCP_MSS_DEFAULT.
    constexpr std::uint16_t usual_ipv6 = 1280 - 60;  // IPV6_MIN_MTU less the headers.
    const Flow flow = flow_of(ip, tcp, ipv6);
    const std::uint16_t offered = offered_size(tcp, size);
    return answer(flow, offered != 0 ? offered : ipv6 ? usual_ipv6 : usual_ipv4);
}

bool is_whole_header(const void* tcp, std::uint32_t size) {
    if (size < sizeof(tcphdr)) return false;
    tcphdr header;
    std::memcpy(&header, tcp, sizeof header);
    return size == header.doff * 4U;
}

bool answers_cookie(const void* ip, const void* tcp, bool ipv6) {
    const Flow flow = flow_of(ip, tcp, ipv6);
    return size_in(flow, ntohl(flow.tcp.ack_seq) - 1, ntohl(flow.tcp.seq) - 1).has_value();
}

bool listens(const LiveSocket& live) {
    return live.socket.protocol == IPPROTO_TCP && live.socket.state == tcp_state::listen;
}

/// Whether the packet's family is one of the socket's. @return 4 or 6, or an error.
int family_for(const LiveSocket& live, const void* ip, std::uint32_t ip_size) {
    const int version = static_cast<int>(*static_cast<const std::uint8_t*>(ip) >> 4);
    const bool ipv6 = live.socket.family == AF_INET6;
    switch (version) {
        case 4: return ipv6 && live.socket.ipv6_only ? -EINVAL : version;
        case 6: return ip_size < sizeof(ip6_hdr) || !ipv6 ? -EINVAL : version;
        default: return -EPROTONOSUPPORT;
    }
}

tcphdr header_of(const void* tcp) {
    tcphdr header;
    std::memcpy(&header, tcp, sizeof header);
    return header;
}

}  // namespace

long tcp_check_syncookie(Runtime&, LiveSocket* socket, const void* ip, std::uint32_t ip_size,
                         const void* tcp, std::uint32_t tcp_size) {
    if (!socket || tcp_size < sizeof(tcphdr) || !listens(*socket)) return -EINVAL;
    const tcphdr header = header_of(tcp);
    if (header.ack == 0 || header.rst != 0 || header.syn != 0) return -ENOENT;
    if (ip_size < sizeof(iphdr)) return -EINVAL;
    const int family = family_for(*socket, ip, ip_size);
    if (family < 0) return family;
    return answers_cookie(ip, tcp, family == 6) ? 0 : -ENOENT;
}

std::int64_t tcp_gen_syncookie(Runtime&, LiveSocket* socket, const void* ip, std::uint32_t ip_size,
                               const void* tcp, std::uint32_t tcp_size) {
    if (!socket || !is_whole_header(tcp, tcp_size) || !listens(*socket)) return -EINVAL;
    const tcphdr header = header_of(tcp);
    if (header.syn == 0 || header.ack != 0 || header.fin != 0 || header.rst != 0) return -EINVAL;
    if (ip_size < sizeof(iphdr)) return -EINVAL;
    const int family = family_for(*socket, ip, ip_size);
    return family < 0 ? family : generate(ip, tcp, tcp_size, family == 6);
}

std::int64_t tcp_raw_gen_syncookie_ipv4(Runtime&, const void* ip, const void* tcp,
                                        std::uint32_t tcp_size) {
    return is_whole_header(tcp, tcp_size) ? generate(ip, tcp, tcp_size, false) : -EINVAL;
}

std::int64_t tcp_raw_gen_syncookie_ipv6(Runtime&, const void* ip, const void* tcp,
                                        std::uint32_t tcp_size) {
    return is_whole_header(tcp, tcp_size) ? generate(ip, tcp, tcp_size, true) : -EINVAL;
}

long tcp_raw_check_syncookie_ipv4(Runtime&, const void* ip, const void* tcp) {
    return answers_cookie(ip, tcp, false) ? 0 : -EACCES;
}

long tcp_raw_check_syncookie_ipv6(Runtime&, const void* ip, const void* tcp) {
    return answers_cookie(ip, tcp, true) ? 0 : -EACCES;
}

}  // namespace bpftwin::calls
