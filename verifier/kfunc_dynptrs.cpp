// Kernel functions that make, copy and use dynptrs (kernel: check_kfunc_args,
// KF_ARG_PTR_TO_DYNPTR; check_special_kfunc, bpf_dynptr_slice).
#include "verifier/analysis.h"
#include "verifier/context_access.h"
#include "verifier/kfunc_call.h"

namespace bpftwin::verifier {
namespace {

/// What a function's dynptr describes that is no copy; nothing: any.
std::optional<DynptrKind> kind_made_by(const KfuncCall& call) {
    if (call.is("bpf_dynptr_from_skb")) return DynptrKind::skb;
    if (call.is("bpf_dynptr_from_skb_meta")) return DynptrKind::skb_meta;
    if (call.is("bpf_dynptr_from_xdp")) return DynptrKind::xdp;
    return std::nullopt;
}

bool is_of_packet(DynptrKind kind) {
    return kind == DynptrKind::skb || kind == DynptrKind::skb_meta || kind == DynptrKind::xdp;
}

}  // namespace

bool Analysis::check_kfunc_dynptr(KfuncCall& call, unsigned number) {
    if (is_uninit(call.params[number - 1])) {
        if (const auto kind = kind_made_by(call))
            return check_dynptr(number, DynptrUse::makes, *kind);
        if (!call.is("bpf_dynptr_clone") || !call.dynptr)
            return give_up(fmt::format("kernel function {}", call.kfunc->name));
        return check_dynptr(number, DynptrUse::makes, call.dynptr->kind, call.dynptr->ref_obj_id);
    }
    if (!check_dynptr(number, DynptrUse::reads, {})) return false;
    const Reg* dynptr = dynptr_at(reg(number));
    call.dynptr = GivenDynptr{dynptr->dynptr_kind(), dynptr->id, dynptr->ref_obj_id};
    return true;
}

/// A part of what the dynptr describes, as memory.
bool Analysis::slice_dynptr(const KfuncCall& call) {
    const bool may_write = call.is("bpf_dynptr_slice_rdwr");
    if (may_write && !writes_packets(program_))
        return reject(EINVAL, "the prog does not allow writes to packet data");
    if (!call.constant || !call.dynptr) return confused("a slice of no dynptr, or of no size");
    std::uint16_t flags = dynptr_slice;
    if (is_of_packet(call.dynptr->kind)) flags |= packet_slice;
    if (!may_write) flags |= mem_rdonly;
    reg(0) = Reg::pointer({RegKind::ptr_to_mem, flags});
    reg(0).target = static_cast<std::int32_t>(*call.constant);
    reg(0).uid = call.dynptr->id;
    return true;
}

}  // namespace bpftwin::verifier
