// What prototypes of kernel functions say of their parameters.
#include <algorithm>

#include "verifier/kfunc_call.h"

namespace bpftwin::verifier {
namespace {

struct Ending {
    std::string_view text;
    KfuncArg kind;
};
constexpr Ending endings[] = {
    {"__alloc", KfuncArg::allocated},   {"__refcounted_kptr", KfuncArg::refcounted},
    {"__str", KfuncArg::const_str},     {"__map", KfuncArg::map},
    {"__irq_flag", KfuncArg::irq_flag},
};

struct Struct {
    std::string_view name;
    KfuncArg kind;
};
constexpr Struct structs[] = {
    {"bpf_dynptr", KfuncArg::dynptr},       {"bpf_list_head", KfuncArg::list_head},
    {"bpf_list_node", KfuncArg::list_node}, {"bpf_rb_root", KfuncArg::rb_root},
    {"bpf_rb_node", KfuncArg::rb_node},     {"bpf_wq", KfuncArg::workqueue},
    {"bpf_task_work", KfuncArg::task_work}, {"bpf_res_spin_lock", KfuncArg::res_spin_lock},
};

/// What a pointer points to; of other types the type itself.
const BtfType& target_of(const Btf& types, std::uint32_t id) {
    const BtfType& type = types.type(types.resolve(id));
    return type.kind == BtfKind::ptr ? types.type(types.resolve(type.type)) : type;
}

}  // namespace

const BtfType& KfuncCall::result() const {
    const BtfType& proto = types->type(types->type(id).type);
    return types->type(types->resolve(proto.type));
}

KfuncArg kind_of(const Btf& types, const BtfParam& param) {
    for (const auto& [text, kind] : endings)
        if (param.name.ends_with(text)) return kind;
    const BtfType& target = target_of(types, param.type);
    if (target.kind == BtfKind::func_proto) return KfuncArg::callback;
    const auto row = std::ranges::find(structs, target.name, &Struct::name);
    return target.kind == BtfKind::struct_ && row != std::end(structs) ? row->kind : KfuncArg::none;
}

bool is_ignored(const BtfParam& param) { return param.name.ends_with("__ign"); }
bool is_constant(const BtfParam& param) { return param.name.ends_with("__k"); }
bool is_nullable(const BtfParam& param) { return param.name.ends_with("__nullable"); }
bool is_optional(const BtfParam& param) { return param.name.ends_with("__opt"); }
bool is_uninit(const BtfParam& param) { return param.name.ends_with("__uninit"); }
bool is_const_size(const BtfParam& param) { return param.name.ends_with("__szk"); }

bool is_scalar(const BtfType& type) {
    return type.kind == BtfKind::int_ || is_enumeration(type.kind);
}

bool is_size(const Btf& types, const BtfParam& param) {
    return is_scalar(types.type(types.resolve(param.type))) &&
           (param.name.ends_with("__sz") || is_const_size(param));
}

std::uint32_t iterator_slots(const Btf& types, const BtfParam& param) {
    const BtfType& target = target_of(types, param.type);
    const bool is_iterator =
        target.kind == BtfKind::struct_ && target.name.starts_with("bpf_iter_");
    return is_iterator ? target.size / slot_size : 0;
}

bool has_only_scalars(const Btf& types, const BtfType& type, int depth) {
    constexpr int max_depth = 4;
    if (!is_aggregate(type.kind) || depth >= max_depth) return false;
    return std::ranges::all_of(types.members(type), [&](const BtfMember& member) {
        const BtfType& inner = types.type(types.resolve(member.type));
        if (is_aggregate(inner.kind)) return has_only_scalars(types, inner, depth + 1);
        if (inner.kind != BtfKind::array) return is_scalar(inner);
        return inner.count != 0 && is_scalar(types.type(types.resolve(inner.type)));
    });
}

}  // namespace bpftwin::verifier
