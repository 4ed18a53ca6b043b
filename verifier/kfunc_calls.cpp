// Calls of kernel functions (kernel: check_kfunc_call).
#include <algorithm>

#include "verifier/analysis.h"
#include "verifier/kfunc_call.h"

namespace bpftwin::verifier {
namespace {

/// Functions that may be called while a lock is held, by the beginning of their names
/// (kfunc_spin_allowed).
constexpr std::string_view allowed_with_lock[] = {"bpf_list_", "bpf_rbtree_", "bpf_iter_num_",
                                                  "bpf_res_spin_", "bpf_refcount_acquire_impl"};

/// Whether the kernel marks the function as one that programs may call.
bool is_marked(const Btf& types, std::uint32_t function) {
    for (std::uint32_t id = 1; id < types.type_count(); ++id) {
        const BtfType& tag = types.type(id);
        if (tag.kind == BtfKind::decl_tag && tag.type == function && tag.name == "bpf_kfunc")
            return true;
    }
    return false;
}

BtfEntries<BtfParam> params_of(const Btf& types, const BtfType& function) {
    return types.params(types.type(function.type));
}

CallKind kind_of(const ProgramSpec& program, const Btf& types, const Insn& call) {
    const BtfType& function = types.type(static_cast<std::uint32_t>(call.imm));
    const Kfunc* kfunc = call.off == 0 ? kfunc_named(function.name) : nullptr;
    if (!kfunc || function.kind != BtfKind::func) return {};
    CallKind kind{.calls_back = kfunc->name == "bpf_rbtree_add_impl",
                  .calls_back_later = kfunc->name == "bpf_wq_set_callback_impl" ||
                                      kfunc->name.starts_with("bpf_task_work_schedule_")};
    if (!may_call(program, *kfunc)) return kind;
    kind.parameters = static_cast<std::uint8_t>(params_of(types, function).size());
    kind.returns_value = types.type(function.type).type != 0;
    kind.fastcall = kfunc->has(fastcall);
    kind.next_of_iterator = kfunc->has(iter_next);
    kind.might_sleep = kfunc->has(sleepable);
    kind.changes_pkt_data = kfunc->name == "bpf_xdp_pull_data";
    return kind;
}

/// Such programs run for packets of one device (BPF_F_XDP_DEV_BOUND_ONLY).
constexpr std::uint32_t device_bound = 1 << 6;

}  // namespace

/// What is asked of every call before anything is followed (add_kfunc_call).
bool Analysis::check_kfunc_ids() {
    const Btf* types = types_.kernel;
    if (types)
        kfuncs_ = [this, types](const Insn& call) { return kind_of(program_, *types, call); };
    for (std::size_t i = 0; i < ops_.size(); ++i) {
        const Insn& call = program_.insns[i];
        if (ops_[i] != Op::call_kfunc || (call.imm == 0 && call.off == 0)) continue;
        if (!gpl_)
            return reject(EINVAL, "cannot call kernel function from non-GPL compatible program");
        if (!types) return give_up(std::string(lacks_kernel_types));
        if (call.off != 0) return give_up("functions of kernel modules");
        if (types->kind(static_cast<std::uint32_t>(call.imm)) != BtfKind::func)
            return reject(EINVAL, "kernel btf_id {} is not a function", call.imm);
        const auto name = types->type(static_cast<std::uint32_t>(call.imm)).name;
        if (name.starts_with("bpf_xdp_metadata_") && !has_flag(device_bound))
            return reject(EINVAL, "metadata kfuncs require device-bound program");
    }
    return true;
}

bool Analysis::check_kfunc() {
    const Btf& types = *types_.kernel;
    const auto id = static_cast<std::uint32_t>(insn().imm);
    if (id == 0) return true;
    const BtfType& function = types.type(id);
    const Kfunc* kfunc = kfunc_named(function.name);
    if (!kfunc && is_marked(types, id))
        return give_up(fmt::format("kernel function {}", function.name));
    if (!kfunc || !may_call(program_, *kfunc))
        return reject(EACCES, "calling kernel function {} is not allowed", function.name);
    KfuncCall call{.kfunc = kfunc, .types = &types, .id = id, .params = params_of(types, function)};
    return check_kfunc(call);
}

bool Analysis::check_kfunc(KfuncCall& call) {
    const std::string_view name = call.kfunc->name;
    if (call.kfunc->takes_lock() && !fail_to_lock()) return false;
    if (name == "__bpf_trap")
        return reject(EFAULT, "unexpected __bpf_trap() due to uninitialized variable?");
    if (call.kfunc->has(sleepable) && !state_->sleepable)
        return reject(EACCES, "program must be sleepable to call sleepable kfunc {}", name);
    if (call.is("bpf_iter_css_task_new") && !may_iterate_css_tasks())
        return reject(EINVAL,
                      "css_task_iter is only allowed in bpf_lsm, bpf_iter and sleepable progs");
    if (!check_kfunc_arguments(call)) return false;
    if (call.is("bpf_rbtree_add_impl") && !call_comparison(call)) return false;
    if (code_->call_kind(insn_).calls_back_later && !defer_function(call)) return false;
    if (!check_sections(call) || !release_kfunc_argument(call) || !insert_node(call)) return false;
    if (call.is("bpf_throw")) return throw_exception();
    clear_caller_saved();
    if (!set_kfunc_result(call)) return false;
    log_.touch_reg(0);
    if (code_->call_kind(insn_).changes_pkt_data) forget_packets();
    return !call.kfunc->has(iter_next) || follow_iterator(call);
}

/// check_css_task_iter_allowlist.
bool Analysis::may_iterate_css_tasks() const {
    return state_->sleepable || program_.type == ProgType::lsm ||
           (program_.type == ProgType::tracing &&
            program_.expected_attach_type == AttachType::trace_iter);
}

bool Analysis::release_kfunc_argument(const KfuncCall& call) {
    if (call.release_reg == 0) return true;
    return release_reference(reg(call.release_reg).ref_obj_id) ||
           reject(EINVAL, "kfunc {}#{} reference has not been acquired before", call.kfunc->name,
                  call.id);
}

/// Whether a function may be called while a lock is held.
bool Analysis::may_call_with_lock() const {
    const Insn& call = insn();
    if (ops_[insn_] != Op::call_kfunc || call.off != 0 || !types_.kernel) return false;
    const auto name = types_.kernel->type(static_cast<std::uint32_t>(call.imm)).name;
    return std::ranges::any_of(allowed_with_lock,
                               [&](std::string_view begin) { return name.starts_with(begin); });
}

}  // namespace bpftwin::verifier
