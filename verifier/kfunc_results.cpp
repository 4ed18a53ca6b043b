// What kernel functions return (kernel: the end of check_kfunc_call).
#include "verifier/analysis.h"
#include "verifier/kfunc_call.h"

namespace bpftwin::verifier {

bool Analysis::set_kfunc_result(KfuncCall& call) {
    const BtfType& type = call.result();
    Reg& result = reg(0);
    if (type.kind == BtfKind::void_) return true;
    if (is_scalar(type)) {
        result = call.kfunc->takes_lock() ? Reg::constant(0) : Reg::unknown_scalar();
        return true;
    }
    if (type.kind != BtfKind::ptr) return confused("a kernel function that returns a struct");
    if (!point_to_result(call)) return false;
    if (call.kfunc->has(ret_null) && !result.is_scalar() && !call.keeps_owned) {
        result.type.flags |= maybe_null;
        result.id = ++last_id_;
    }
    if (call.kfunc->has(acquire)) {
        const std::uint32_t id = acquire_reference();
        if (result.may_be_null()) result.id = id;
        result.ref_obj_id = id;
    } else if (call.root) {
        disown(result);
    }
    if (result.id == 0 && may_hold_lock(result)) result.id = ++last_id_;
    return true;
}

bool Analysis::point_to_result(KfuncCall& call) {
    const Btf& types = *call.types;
    const std::uint32_t id = types.resolve(call.result().type);
    const BtfType& target = types.type(id);
    if (target.kind == BtfKind::void_) {
        if (call.kfunc->has(ret_null | acquire | fastcall)) return set_special_result(call);
        reg(0).make_unknown();
        return true;
    }
    if (target.kind == BtfKind::struct_) {
        if (target.name == "bpf_list_node" || target.name == "bpf_rb_node")
            return set_special_result(call);
        std::uint16_t trust = no_flag;
        if (call.kfunc->has(iter_next))
            trust = state_->at(*call.iterator).type.has(mem_rcu) ? mem_rcu : ptr_trusted;
        reg(0) = object_pointer(id, trust);
        return true;
    }
    if (call.is("bpf_session_cookie")) {
        call.result_size = slot_size;
    } else if (!call.result_size) {
        call.result_size = types.size_of(id);
        call.result_is_read_only = true;
    }
    if (!call.result_size)
        return reject(EINVAL, "kernel function {} returns pointer type {} {} is not supported",
                      call.kfunc->name, bpftwin::name_of(target.kind), target.name);
    reg(0) = Reg::pointer({RegKind::ptr_to_mem, call.result_is_read_only ? mem_rdonly : no_flag});
    reg(0).target = static_cast<std::int32_t>(*call.result_size);
    reg(0).ref_obj_id = call.ref_obj_id;
    return true;
}

/// The type of what these give depends on their arguments (check_special_kfunc).
bool Analysis::set_special_result(const KfuncCall& call) {
    if (call.root) {
        reg(0) = node_of(*call.root);
        return true;
    }
    if (call.is("bpf_refcount_acquire_impl")) {
        reg(0) = object_pointer(call.object_type, mem_alloc, TypeSource::program);
        return true;
    }
    if (call.kfunc->has(acquire)) return make_object(call);
    if (call.is("bpf_dynptr_slice") || call.is("bpf_dynptr_slice_rdwr")) return slice_dynptr(call);
    if (call.is("bpf_cast_to_kern_ctx")) return cast_to_kernel_context();
    if (call.is("bpf_rdonly_cast")) return cast_to_readable(call);
    return give_up(fmt::format("kernel function {}", call.kfunc->name));
}

}  // namespace bpftwin::verifier
