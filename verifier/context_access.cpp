// The words of verifier/context.def and what is derived from its rows.
#include "verifier/context_access.h"

#include <linux/bpf.h>
#include <linux/bpf_perf_event.h>

#include <algorithm>
#include <array>
#include <cstddef>

#include "helpers/kind_sets.h"
#include "verifier/attach.h"

namespace bpftwin::verifier {
namespace {

/// Bytes that an access may begin at.
struct Span {
    std::uint32_t begin, end;
};

/// What an access may be.
struct Sizes {
    unsigned bytes;                ///< Their sum: sizes are powers of two.
    std::uint32_t whole_size = 0;  ///< As in `ContextField`.
};

struct FieldRow {
    bool write;
    ProgTypes types;
    Span where;
    Sizes sizes;
    RegType found;
    AttachTypes attach = attach::any;
};

/// The words of verifier/context.def.
namespace words {
constexpr Sizes byte{1}, word{4}, dword{8}, up_to_word{1 | 2 | 4}, any{1 | 2 | 4 | 8};
constexpr Sizes narrow{1 | 2 | 4, 4}, narrow_to_half{2 | 4, 4}, narrow_half{1 | 2, 2};
constexpr Sizes narrow_dword{1 | 2 | 4 | 8, 8}, narrow_or_dword{1 | 2 | 4 | 8, 4};
constexpr Sizes word_or_dword{4 | 8};

constexpr RegType scalar{RegKind::scalar_value}, packet{RegKind::ptr_to_packet};
constexpr RegType packet_end{RegKind::ptr_to_packet_end}, packet_meta{RegKind::ptr_to_packet_meta};
constexpr RegType flow_keys{RegKind::ptr_to_flow_keys}, tp_buffer{RegKind::ptr_to_tp_buffer};
constexpr RegType socket{RegKind::ptr_to_socket},
    socket_or_null{RegKind::ptr_to_socket, maybe_null};
constexpr RegType sock_common_or_null{RegKind::ptr_to_sock_common, maybe_null};

/// Programs whose context is an skb as bpf_skb_is_valid_access knows it, and those of them that
/// read its packet.
constexpr ProgTypes skb =
    types::socket_filter | types::cgroup_skb | types::lwt | types::tc | types::sk_skb;
constexpr ProgTypes skb_packets = (skb & ~types::socket_filter) | types::flow_dissector;

/// Of cgroup_sock: where a socket begins or ends.
constexpr AttachTypes sock_itself =
    attach::cgroup_inet_sock_create | attach::cgroup_inet_sock_release;
constexpr AttachTypes post_bind = attach::cgroup_inet4_post_bind | attach::cgroup_inet6_post_bind;

/// Of cgroup_sock_addr: by address family.
constexpr AttachTypes inet4 = attach::cgroup_inet4_bind | attach::cgroup_inet4_connect |
                              attach::cgroup_inet4_getpeername | attach::cgroup_inet4_getsockname |
                              attach::cgroup_udp4_sendmsg | attach::cgroup_udp4_recvmsg;
constexpr AttachTypes inet6 = attach::cgroup_inet6_bind | attach::cgroup_inet6_connect |
                              attach::cgroup_inet6_getpeername | attach::cgroup_inet6_getsockname |
                              attach::cgroup_udp6_sendmsg | attach::cgroup_udp6_recvmsg;

/// `skb_hwtstamp`, which older headers do not have: behind their last member, aligned to 8.
constexpr std::uint32_t sock_ops_hwtstamp =
    (offsetof(bpf_sock_ops, skb_tcp_flags) + sizeof(__u32) + 7) / 8 * 8;
/// PERF_MAX_TRACE_SIZE.
constexpr std::uint32_t max_trace_size = 8192;
/// MAX_BPF_FUNC_ARGS of 64 bits.
constexpr std::uint32_t args_size = 12 * 8;
}  // namespace words

#define MEMBERS(structure, first, last) \
    Span { offsetof(structure, first), offsetof(structure, last) + sizeof(structure::last) }
#define MEMBER(structure, member) MEMBERS(structure, member, member)
#define START(structure, member) Span{offsetof(structure, member), offsetof(structure, member) + 1}
#define BYTES(begin, end) \
    Span { begin, end }
#define READ(types, ...) FieldRow{false, types, __VA_ARGS__},
#define WRITE(types, ...) FieldRow{true, types, __VA_ARGS__},

consteval auto make_fields() {
    using namespace words;
    using namespace types;
    return std::to_array<FieldRow>({
#include "verifier/context.def"
    });
}
constexpr auto fields = make_fields();

constexpr bool allows(const FieldRow& row, const ContextAccess& access) {
    const bool sign_extends_pointer =
        access.sign_extends && row.found.kind != RegKind::scalar_value;
    return row.write == access.write && (row.sizes.bytes & access.size) != 0 &&
           row.where.begin <= access.offset && access.offset < row.where.end &&
           !sign_extends_pointer;
}

struct ReturnRow {
    ProgTypes types;
    AttachTypes attach;
    ReturnRange range;
};

/// Of cgroup_sock_addr: they change an address but allow or deny nothing.
constexpr AttachTypes only_allows =
    attach::cgroup_udp4_recvmsg | attach::cgroup_udp6_recvmsg | attach::cgroup_unix_recvmsg |
    attach::cgroup_inet4_getpeername | attach::cgroup_inet6_getpeername |
    attach::cgroup_unix_getpeername | attach::cgroup_inet4_getsockname |
    attach::cgroup_inet6_getsockname | attach::cgroup_unix_getsockname;

consteval auto make_returns() {
    using namespace types;
    return std::to_array<ReturnRow>({
#define RETURNS(types, attach, least, most) {types, attach, {least, most}},
#include "verifier/returns.def"
    });
}
constexpr auto returns = make_returns();

/// Program types whose packets they write, or helpers read (may_access_direct_pkt_data).
constexpr ProgTypes packet_writers = types::tc | types::xdp | types::lwt_xmit | types::sk_skb |
                                     types::sk_msg | types::cgroup_sockopt;
constexpr ProgTypes packet_readers =
    packet_writers | types::lwt | types::sk_reuseport | types::flow_dissector | types::cgroup_skb;

/// Return values of lsm programs, which the hook decides (bpf_lsm_get_retval_range). Those of a
/// hook that returns nothing may return anything, which only its type tells.
ReturnRange lsm_range(std::string_view hook) {
    constexpr auto yes_or_no = std::to_array<std::string_view>(
        {"xfrm_state_pol_flow_match", "audit_rule_known", "inode_xattr_skipcap"});
    constexpr std::int32_t max_errno = 4095;
    if (std::ranges::find(yes_or_no, hook) != yes_or_no.end()) return {0, 1};
    return {-max_errno, 0};
}

}  // namespace

ContextTable::ContextTable(const ProgramSpec& program) : exists_(has_context_table(program.type)) {
    const AttachType attach = attach_type_of(program);
    for (std::uint16_t i = 0; i < fields.size(); ++i)
        if (in_set(fields[i].types, program.type) && in_set(fields[i].attach, attach))
            rows_.push_back(i);
}

std::optional<ContextField> ContextTable::find(const ContextAccess& access) const {
    if (access.offset % access.size != 0) return std::nullopt;
    const auto found =
        std::ranges::find_if(rows_, [&](std::uint16_t row) { return allows(fields[row], access); });
    if (found == rows_.end()) return std::nullopt;
    const FieldRow& row = fields[*found];
    return ContextField{.type = row.found, .whole_size = row.sizes.whole_size};
}

std::optional<ContextField> context_field(const ProgramSpec& program, const ContextAccess& access) {
    return ContextTable(program).find(access);
}

bool has_context_table(ProgType type) {
    return std::ranges::any_of(fields,
                               [&](const FieldRow& row) { return in_set(row.types, type); });
}

bool rewrites_contexts(ProgType type) {
    switch (type) {
        case ProgType::kprobe:
        case ProgType::tracepoint:
        case ProgType::raw_tracepoint:
        case ProgType::raw_tracepoint_writable:
        case ProgType::tracing:
        case ProgType::cgroup_device:
        case ProgType::lirc_mode2:
        case ProgType::lsm:
        case ProgType::struct_ops:
        case ProgType::ext:
        case ProgType::syscall:
        case ProgType::netfilter: return false;
        default: return true;
    }
}

bool reads_packets(ProgType type) { return in_set(packet_readers, type); }
bool may_pass_packet(ProgType type, const Helper& helper) {
    return reads_packets(type) && (helper.packet_args || type == ProgType::cgroup_sockopt);
}
bool writes_packets(const ProgramSpec& program) { return in_set(packet_writers, program.type); }

std::optional<ReturnRange> return_range(const ProgramSpec& program) {
    const AttachType attach = attach_type_of(program);
    if (program.type == ProgType::lsm && attach == AttachType::lsm_mac)
        return lsm_range(program.attach_target);
    const auto row = std::ranges::find_if(returns, [&](const ReturnRow& row) {
        return in_set(row.types, program.type) && in_set(row.attach, attach);
    });
    if (row == returns.end()) return std::nullopt;
    return row->range;
}

}  // namespace bpftwin::verifier
