// Fields of sockets that programs may read through pointers to them (net/core/filter.c:
// bpf_sock_is_valid_access and those of the other structs).
#include <linux/bpf.h>

#include <cstddef>

#include "verifier/context_access.h"

namespace bpftwin::verifier {
namespace {

constexpr std::uint32_t word = 4;

/// Whether a load of part of a field of `field_size` bytes can be rewritten
/// (bpf_ctx_narrow_access_ok).
bool is_narrow_ok(std::uint32_t offset, std::uint32_t size, std::uint32_t field_size) {
    return size <= field_size && (size & (size - 1)) == 0 &&
           offset % field_size + size <= field_size;
}

bool is_sock_field(std::uint32_t offset, std::uint32_t size) {
    constexpr auto port = offsetof(bpf_sock, dst_port);
    constexpr auto behind_port = port + sizeof(bpf_sock{}.dst_port);
    if (offset >= sizeof(bpf_sock) || offset % size != 0) return false;
    if (offset >= port && offset < behind_port)
        return is_narrow_ok(offset, size, size == word ? word : sizeof(bpf_sock{}.dst_port));
    if (offset >= behind_port && offset < offsetof(bpf_sock, dst_ip4)) return false;
    const bool is_narrow_field =
        offset == offsetof(bpf_sock, state) || offset == offsetof(bpf_sock, family) ||
        offset == offsetof(bpf_sock, type) || offset == offsetof(bpf_sock, protocol) ||
        offset == offsetof(bpf_sock, src_port) || offset == offsetof(bpf_sock, rx_queue_mapping) ||
        (offset >= offsetof(bpf_sock, src_ip4) && offset < offsetof(bpf_sock, src_port)) ||
        (offset >= offsetof(bpf_sock, dst_ip4) && offset < offsetof(bpf_sock, state));
    return is_narrow_field ? is_narrow_ok(offset, size, word) : size == word;
}

bool is_tcp_field(std::uint32_t offset, std::uint32_t size) {
    if (offset >= sizeof(bpf_tcp_sock) || offset % size != 0) return false;
    const bool is_wide = offset == offsetof(bpf_tcp_sock, bytes_received) ||
                         offset == offsetof(bpf_tcp_sock, bytes_acked);
    return size == (is_wide ? 2 * word : word);
}

}  // namespace

bool is_socket_field(RegKind kind, std::uint32_t offset, std::uint32_t size) {
    switch (kind) {
        case RegKind::ptr_to_socket: return is_sock_field(offset, size);
        case RegKind::ptr_to_sock_common:
            if (offset >= offsetof(bpf_sock, type) && offset < offsetof(bpf_sock, src_ip4))
                return false;
            return is_sock_field(offset, size);
        case RegKind::ptr_to_tcp_sock: return is_tcp_field(offset, size);
        case RegKind::ptr_to_xdp_sock:
            return offset < sizeof(bpf_xdp_sock) && offset % size == 0 && size == word;
        default: return false;
    }
}

}  // namespace bpftwin::verifier
