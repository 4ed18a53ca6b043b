// Kinds of what a register or a spilled slot holds (Linux include/linux/bpf.h: enum bpf_reg_type
// and enum bpf_type_flag).
#pragma once

#include <cstdint>

namespace bpftwin::verifier {

enum class RegKind : std::uint8_t {
    not_init,
    scalar_value,
    ptr_to_ctx,
    const_ptr_to_map,
    ptr_to_map_value,
    ptr_to_map_key,
    ptr_to_stack,
    ptr_to_packet_meta,
    ptr_to_packet,
    ptr_to_packet_end,
    ptr_to_flow_keys,
    ptr_to_socket,
    ptr_to_sock_common,
    ptr_to_tcp_sock,
    ptr_to_tp_buffer,
    ptr_to_xdp_sock,
    ptr_to_btf_id,
    ptr_to_mem,
    ptr_to_arena,
    ptr_to_buf,
    ptr_to_func,
    const_ptr_to_dynptr,
};

/// Modifiers of a kind, as a set; names without the kernel's PTR_ and MEM_.
enum RegFlag : std::uint16_t {
    no_flag = 0,
    maybe_null = 1,
    mem_rdonly = 2,
    mem_ringbuf = 4,
    mem_user = 8,
    mem_percpu = 16,
    ptr_untrusted = 32,
    mem_alloc = 64,
    ptr_trusted = 128,
    mem_rcu = 256,
    non_own_ref = 512,
    mem_write = 1024,
    dynptr_slice = 2048,  ///< Memory that a dynptr describes (DYNPTR_TYPE_*),
    packet_slice = 4096,  ///< of a packet, which helpers may move.
};

/// A kind with its modifiers.
struct RegType {
    RegKind kind = RegKind::not_init;
    std::uint16_t flags = no_flag;

    friend constexpr bool operator==(const RegType&, const RegType&) = default;
    [[nodiscard]] constexpr bool has(std::uint16_t flag) const { return (flags & flag) != 0; }
};

}  // namespace bpftwin::verifier
