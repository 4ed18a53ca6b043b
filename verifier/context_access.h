// Which fields of its context a program may read and write, and what it finds there
// (bpf_verifier_ops::is_valid_access of each program type: net/core/filter.c,
// kernel/trace/bpf_trace.c, kernel/bpf/cgroup.c, …).
#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "bpftwin/spec.h"
#include "helpers/prototype.h"
#include "verifier/reg_type.h"

namespace bpftwin::verifier {

/// What a load from a field of the context gives.
struct ContextField {
    RegType type{RegKind::scalar_value};
    /// Bytes of the whole field where a load of less is rewritten (`ctx_field_size`); 0: never.
    std::uint32_t whole_size = 0;
    /// A scalar is sign-extended although the access does not (`is_retval`, `is_ldsx`): its range
    /// follows from the attach point.
    bool is_retval = false;
};

/// One access to the context.
struct ContextAccess {
    std::uint32_t offset;  ///< Bytes.
    std::uint32_t size;    ///< 1, 2, 4 or 8.
    bool write;
    bool sign_extends = false;
};

/// What the program finds there, or nothing where its type does not allow the access. Types whose
/// contexts are described by BTF (tracing, lsm, struct_ops, netfilter) have no table:
/// `has_context_table`.
std::optional<ContextField> context_field(const ProgramSpec& program, const ContextAccess& access);
bool has_context_table(ProgType type);

/// The fields of one program's context, for asking often.
class ContextTable {
public:
    explicit ContextTable(const ProgramSpec& program);
    [[nodiscard]] bool exists() const { return exists_; }
    /// As `context_field`.
    [[nodiscard]] std::optional<ContextField> find(const ContextAccess& access) const;

private:
    bool exists_;
    std::vector<std::uint16_t> rows_;  ///< Of the table of all types.
};

/// Whether the kernel rewrites accesses to the context, which then is no memory
/// (bpf_verifier_ops::convert_ctx_access).
bool rewrites_contexts(ProgType type);

/// Whether a socket's struct (sock, sock_common, tcp_sock, xdp_sock) has that field for reading.
bool is_socket_field(RegKind kind, std::uint32_t offset, std::uint32_t size);

/// What programs may do with a pointer into the packet (may_access_direct_pkt_data); all may load
/// from it. Whether helpers that take packets (`Helper::packet_args`) take it from the type's
/// programs; programs of type cgroup_sockopt may pass it to every helper.
bool reads_packets(ProgType type);
bool may_pass_packet(ProgType type, const Helper& helper);
/// Whether they may store there.
bool writes_packets(const ProgramSpec& program);

/// Values that a program may return: check_return_code of kernel/bpf/verifier.c.
struct ReturnRange {
    std::int32_t min, max;
};
/// Nothing: any value. Programs of type lsm whose hook returns nothing may return anything, too,
/// but only the hook's BTF tells.
std::optional<ReturnRange> return_range(const ProgramSpec& program);

}  // namespace bpftwin::verifier
