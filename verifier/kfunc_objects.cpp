// Objects of the kernel as arguments of kernel functions, and casts between them (kernel:
// process_kf_arg_ptr_to_btf_id).
#include <algorithm>

#include "verifier/analysis.h"
#include "verifier/kfunc_call.h"

namespace bpftwin::verifier {
namespace {

/// Modifiers that do not make an object less than what it is (BPF_REG_TRUSTED_MODIFIERS).
constexpr std::uint16_t trusting = mem_alloc | ptr_trusted | non_own_ref;

struct Projection {
    std::string_view name, in_kernel;
};
constexpr Projection projections[] = {{"__sk_buff", "sk_buff"}, {"xdp_md", "xdp_buff"}};

/// Whether programs know the kernel's struct by the first name (btf_is_projection_of).
bool is_projection(std::string_view name, std::string_view in_kernel) {
    return std::ranges::any_of(projections, [&](const Projection& row) {
        return row.name == name && row.in_kernel == in_kernel;
    });
}

/// Whether one is the other before it is complete (btf_type_ids_nocast_alias).
bool is_unfinished(std::string_view a, std::string_view b) {
    constexpr std::string_view ending = "___init";
    const auto is_of = [&](std::string_view longer, std::string_view shorter) {
        return longer.ends_with(ending) &&
               longer.substr(0, longer.size() - ending.size()) == shorter;
    };
    return is_of(a, b) || is_of(b, a);
}

}  // namespace

std::string_view struct_behind(RegKind kind) {
    switch (kind) {
        case RegKind::ptr_to_socket: return "sock";
        case RegKind::ptr_to_sock_common: return "sock_common";
        case RegKind::ptr_to_tcp_sock: return "tcp_sock";
        case RegKind::const_ptr_to_map: return "bpf_map";
        default: return {};
    }
}

bool Analysis::check_trust(const KfuncCall& call, unsigned number) {
    const Reg& value = reg(number);
    const bool by_rcu = call.kfunc->has(rcu);
    const bool is_safe =
        !struct_behind(value.type.kind).empty() && (value.type.flags & ~trusting) == 0;
    if (value.is_trusted() || is_safe) return true;
    if (!by_rcu) return reject(EINVAL, "R{} must be referenced or trusted", number);
    return value.type.has(mem_rcu) || reject(EINVAL, "R{} must be a rcu pointer", number);
}

bool Analysis::check_kfunc_object(KfuncCall& call, unsigned number, std::uint32_t type,
                                  const Arg& released) {
    return check_trust(call, number) && check_argument_offset(reg(number), number, released) &&
           check_kfunc_struct(call, number, type);
}

bool Analysis::check_kfunc_map(KfuncCall& call, unsigned number) {
    const Reg& value = reg(number);
    if (!value.is_map_pointer() && value.type.kind != RegKind::ptr_to_btf_id)
        return reject(EINVAL, "pointer in R{} isn't map pointer", number);
    if (value.is_map_pointer() && !check_deferred_map(call, number)) return false;
    const auto map = kernel_struct("bpf_map");
    return map && check_trust(call, number) && check_argument_offset(value, number, {}) &&
           check_kfunc_struct(call, number, *map);
}

bool Analysis::check_kfunc_struct(const KfuncCall& call, unsigned number, std::uint32_t wanted) {
    const Reg& value = reg(number);
    const std::string_view behind = struct_behind(value.type.kind);
    const bool is_object = value.type.kind == RegKind::ptr_to_btf_id;
    const bool is_unsafe = (value.type.flags & ~trusting) != 0 && !value.type.has(mem_rcu);
    if (behind.empty() && (!is_object || is_unsafe))
        return reject(
            EINVAL, "arg#{} is {} expected {} or socket", number - 1, text_of(value.type),
            text_of({value.type.kind, static_cast<std::uint16_t>(value.type.flags & trusting)}));
    Reg object = value;
    if (!behind.empty()) {
        const auto id = kernel_struct(behind);
        if (!id) return false;
        object = object_pointer(*id, no_flag);
        object.off = value.off;
    }
    const Btf& types = types_.of(object);
    const BtfType& found = types.type(static_cast<std::uint32_t>(object.target));
    const BtfType& expected = call.types->type(wanted);
    const bool strict = (call.kfunc->has(release) && value.ref_obj_id != 0) ||
                        is_unfinished(found.name, expected.name);
    const bool is_same =
        &types == call.types &&
        has_struct(types, static_cast<std::uint32_t>(object.target), object.off, wanted, strict);
    return is_same || is_projection(expected.name, found.name) ||
           reject(
               EINVAL,
               "kernel function {} args#{} expected pointer to {} {} but R{} has a pointer to {} "
               "{}",
               call.kfunc->name, number - 1, bpftwin::name_of(expected.kind), expected.name, number,
               bpftwin::name_of(found.kind), found.name);
}

// --- Casts.

bool Analysis::cast_to_kernel_context() {
    const std::string_view name = kernel_context_name(program_.type);
    if (name.empty()) return give_up("casts of such contexts");
    const auto id = kernel_struct(name);
    if (!id) return false;
    reg(0) = object_pointer(*id, ptr_trusted);
    return true;
}

bool Analysis::cast_to_readable(const KfuncCall& call) {
    const auto id = static_cast<std::uint32_t>(*call.constant);
    if (*call.constant >= call.types->type_count())
        return reject(EINVAL, "Unknown type ID {} passed to kfunc bpf_rdonly_cast",
                      static_cast<std::int64_t>(*call.constant));
    const BtfType& type = call.types->type(id);
    if (is_aggregate(type.kind)) {
        reg(0) = object_pointer(id, ptr_untrusted);
        return true;
    }
    if (id != 0)
        return reject(EINVAL, "kfunc bpf_rdonly_cast type ID argument must be of a struct or void");
    reg(0) = Reg::pointer({RegKind::ptr_to_mem, mem_rdonly | ptr_untrusted});
    return true;
}

}  // namespace bpftwin::verifier
