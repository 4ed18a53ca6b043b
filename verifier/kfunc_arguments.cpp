// Arguments of kernel functions against their prototypes (kernel: check_kfunc_args,
// get_kfunc_ptr_arg_type).
#include "verifier/analysis.h"
#include "verifier/kfunc_call.h"

namespace bpftwin::verifier {

bool Analysis::check_kfunc_arguments(KfuncCall& call) {
    constexpr std::size_t max_arguments = 5;
    const std::size_t count = call.params.size();
    if (count > max_arguments)
        return reject(EINVAL, "Function {} has {} > {} args", call.kfunc->name, count,
                      max_arguments);
    for (unsigned i = 0; i < count; ++i) {
        if (is_ignored(call.params[i]) || call.params[i].name.ends_with("__prog")) continue;
        const auto checked = check_kfunc_argument(call, i);
        if (checked == ArgumentChecked::failed) return false;
        if (checked == ArgumentChecked::with_size) ++i;
    }
    return !call.kfunc->has(release) || call.release_reg != 0 ||
           reject(EINVAL, "release kernel function {} expects refcounted PTR_TO_BTF_ID",
                  call.kfunc->name);
}

Analysis::ArgumentChecked Analysis::check_kfunc_argument(KfuncCall& call, unsigned index) {
    const BtfParam& param = call.params[index];
    const BtfType& type = call.types->type(call.types->resolve(param.type));
    const unsigned number = index + 1;
    const auto checked = [](bool fits) {
        return fits ? ArgumentChecked::fits : ArgumentChecked::failed;
    };
    if (is_scalar(type)) return checked(check_kfunc_scalar(call, number));
    if (type.kind != BtfKind::ptr)
        return checked(
            reject(EINVAL, "Unrecognized arg#{} type {}", index, bpftwin::name_of(type.kind)));
    const Reg& value = reg(number);
    const bool may_be_null = value.is_null() || value.may_be_null();
    if (may_be_null && !is_nullable(param) && !is_optional(param))
        return checked(reject(EACCES, "Possibly NULL pointer passed to trusted arg{}", index));
    if (value.ref_obj_id != 0) {
        if (call.kfunc->has(release) && call.ref_obj_id != 0)
            return checked(confused("two references as arguments"));
        call.ref_obj_id = value.ref_obj_id;
        if (call.kfunc->has(release)) call.release_reg = number;
    }
    const BtfType& target = call.types->type(call.types->resolve(type.type));
    const bool is_context =
        call.is("bpf_cast_to_kern_ctx") ||
        (is_aggregate(target.kind) && is_context_name(program_.type, target.name));
    if (!is_context && is_nullable(param) && value.is_null()) return ArgumentChecked::fits;
    const Arg released{.release = call.kfunc->has(release) && value.ref_obj_id != 0};
    if (is_context)
        return checked(check_argument_offset(value, number, released) &&
                       check_kfunc_context(number));
    const KfuncArg kind = kind_of(*call.types, param);
    if (kind == KfuncArg::allocated && !check_trust(call, number)) return ArgumentChecked::failed;
    if (kind == KfuncArg::none && iterator_slots(*call.types, param) == 0)
        return check_kfunc_memory(call, number, released);
    return checked(check_argument_offset(value, number, released) &&
                   check_kfunc_pointer(call, number, kind));
}

bool Analysis::check_kfunc_scalar(KfuncCall& call, unsigned number) {
    const BtfParam& param = call.params[number - 1];
    const Reg& value = reg(number);
    if (!value.is_scalar()) return reject(EINVAL, "R{} is not a scalar", number);
    const bool is_buffer = param.name == "rdonly_buf_size" || param.name == "rdwr_buf_size";
    if (!is_constant(param) && !is_buffer) return true;
    if (!value.num.is_const())
        return is_buffer ? reject(EINVAL, "R{} is not a const", number)
                         : reject(EINVAL, "R{} must be a known constant", number);
    (is_buffer ? call.result_size : call.constant) = value.num.var_off.value;
    call.result_is_read_only = param.name == "rdonly_buf_size";
    return mark_precise(number);
}

bool Analysis::check_kfunc_context(unsigned number) {
    const Reg& value = reg(number);
    return value.is(RegKind::ptr_to_ctx) ||
           reject(EINVAL, "arg#{} expected pointer to ctx, but got {}", number - 1,
                  text_of(value.type));
}

bool Analysis::check_kfunc_pointer(KfuncCall& call, unsigned number, KfuncArg kind) {
    const Reg& value = reg(number);
    switch (kind) {
        case KfuncArg::none: return check_iterator(call, number);
        case KfuncArg::allocated: return check_allocated(call, number);
        case KfuncArg::refcounted: return check_refcounted(call, number);
        case KfuncArg::list_head: return check_graph_root(call, number, FieldKind::list_head);
        case KfuncArg::list_node: return check_graph_node(call, number, FieldKind::list_node);
        case KfuncArg::rb_root: return check_graph_root(call, number, FieldKind::rb_root);
        case KfuncArg::rb_node: return check_graph_node(call, number, FieldKind::rb_node);
        case KfuncArg::map: return check_kfunc_map(call, number);
        case KfuncArg::const_str:
            if (!value.is(RegKind::ptr_to_map_value))
                return reject(EINVAL, "arg#{} doesn't point to a const string", number - 1);
            return check_constant_string(number);
        case KfuncArg::irq_flag: return check_irq_flag(call, number);
        case KfuncArg::callback:
            if (value.type.kind != RegKind::ptr_to_func)
                return reject(EINVAL, "arg{} expected pointer to func", number - 1);
            call.subprogram = static_cast<std::uint32_t>(value.target);
            return true;
        case KfuncArg::dynptr: return check_kfunc_dynptr(call, number);
        case KfuncArg::workqueue: return check_deferred(call, number, FieldKind::workqueue);
        case KfuncArg::task_work: return check_deferred(call, number, FieldKind::task_work);
        case KfuncArg::res_spin_lock: return check_resilient_lock(call, number);
    }
    bug("no such kind of argument");
}

// What nothing but the register tells apart: an object of the kernel, or memory.
Analysis::ArgumentChecked Analysis::check_kfunc_memory(KfuncCall& call, unsigned number,
                                                       const Arg& released) {
    const auto checked = [](bool fits) {
        return fits ? ArgumentChecked::fits : ArgumentChecked::failed;
    };
    const Btf& types = *call.types;
    const BtfParam& param = call.params[number - 1];
    const Reg& value = reg(number);
    const bool has_size = number < call.params.size() && is_size(types, call.params[number]) &&
                          reg(number + 1).is_scalar();
    const std::uint32_t id = types.resolve(types.type(types.resolve(param.type)).type);
    const BtfType& target = types.type(id);
    if (value.type.kind == RegKind::ptr_to_btf_id || !struct_behind(value.type.kind).empty()) {
        if (!is_aggregate(target.kind))
            return checked(
                reject(EINVAL, "kernel function {} args#{} pointer type {} {} is not supported",
                       call.kfunc->name, number - 1, bpftwin::name_of(target.kind), target.name));
        return checked(check_kfunc_object(call, number, id, released));
    }
    const bool is_void = has_size && id == 0;
    if (!is_scalar(target) && !has_only_scalars(types, target) && !is_void)
        return checked(reject(EINVAL,
                              "arg#{} pointer type {} {} must point to {}scalar, or struct with "
                              "scalar",
                              number - 1, id == 0 ? "UNKNOWN" : bpftwin::name_of(target.kind),
                              target.name, has_size ? "void, " : ""));
    if (!check_argument_offset(value, number, released)) return ArgumentChecked::failed;
    if (!has_size)
        return checked(check_memory_of(number, static_cast<std::uint32_t>(*types.size_of(id))));
    return check_sized_memory(call, number) ? ArgumentChecked::with_size : ArgumentChecked::failed;
}

bool Analysis::check_sized_memory(KfuncCall& call, unsigned number) {
    const BtfParam& param = call.params[number - 1];
    const BtfParam& size_param = call.params[number];
    if (!reg(number).is_null() || !is_optional(param)) {
        const Reg saved = reg(number);
        if (saved.may_be_null()) mark_not_null(reg(number));
        CallFacts facts;
        const bool fits = check_size(number + 1, Access::read, true, facts) &&
                          check_size(number + 1, Access::write, true, facts);
        if (fits && saved.may_be_null()) reg(number) = saved;
        if (!fits && rejection_.unsupported) return false;
        if (!fits)
            return reject(rejection_.error,
                          "arg#{} arg#{} memory, len pair leads to invalid memory access",
                          number - 1, number);
    }
    if (!is_const_size(size_param)) return true;
    const Reg& size = reg(number + 1);
    if (!size.num.is_const()) return reject(EINVAL, "R{} must be a known constant", number + 1);
    call.constant = size.num.var_off.value;
    return true;
}

}  // namespace bpftwin::verifier
