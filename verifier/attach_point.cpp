#include "verifier/attach_point.h"

#include <algorithm>
#include <array>

#include "fmt/format.h"
#include "helpers/kind_sets.h"
#include "verifier/attach.h"
#include "verifier/availability.h"
#include "verifier/object_types.h"
#include "verifier/struct_ops.h"

namespace bpftwin::verifier {
namespace {

constexpr std::string_view tracepoint_prefix = "btf_trace_", iterator_prefix = "bpf_iter_",
                           hook_prefix = "bpf_lsm_";

/// Attach types of programs that trace, which run around a function (bpf_prog_has_trampoline).
constexpr AttachTypes around = attach::trace_fentry | attach::trace_fexit | attach::modify_return;

bool can_sleep(const ProgramSpec& program) {
    switch (program.type) {
        case ProgType::tracing: return in_set(around | attach::trace_iter, attach_type_of(program));
        case ProgType::lsm:
        case ProgType::kprobe:
        case ProgType::struct_ops:
        case ProgType::syscall: return true;
        default: return false;
    }
}

std::unexpected<Rejection> no_target() {
    return reject(EINVAL, "Tracing programs must provide btf_id");
}

/// The prototype of the function of that name.
const BtfType* prototype_of(const Btf& types, std::string_view name) {
    const auto id = types.find(name, BtfKind::func);
    if (!id) return nullptr;
    const BtfType& prototype = types.type(types.type(*id).type);
    return prototype.kind == BtfKind::func_proto ? &prototype : nullptr;
}

Checked<AttachPoint> tracepoint(const ProgramSpec& program, const Btf& types) {
    const auto id = types.find(fmt::format("{}{}", tracepoint_prefix, program.attach_target),
                               BtfKind::typedef_);
    if (!id) return no_target();
    const BtfType& prototype = types.type(types.type(types.type(*id).type).type);
    if (prototype.kind != BtfKind::func_proto) return unsupported("tracepoints without prototype");
    return AttachPoint{.name = program.attach_target, .prototype = &prototype, .hides_first = true};
}

struct IteratedRow {
    std::string_view iterator, parameter;
    RegType type;
};
constexpr auto iterated = std::to_array<IteratedRow>({
#define ITERATED(iterator, parameter, kind, flags) \
    {iterator, parameter, {RegKind::kind, static_cast<std::uint16_t>(maybe_null | (flags))}},
#include "verifier/iterators.def"
});

constexpr std::uint32_t argument_size = 8;

/// The struct that a parameter points to.
std::uint32_t object_of(const Btf& types, const BtfParam& parameter) {
    const BtfType& type = types.type(types.resolve(parameter.type));
    return type.kind == BtfKind::ptr ? types.resolve(type.type) : 0;
}

void add_argument(AttachPoint& point, const Btf& types, std::size_t number, RegType type) {
    const auto offset = static_cast<std::uint32_t>(number) * argument_size;
    const std::uint32_t object = type.kind == RegKind::ptr_to_btf_id
                                     ? object_of(types, types.params(*point.prototype)[number])
                                     : 0;
    point.arguments.push_back({offset, type, object});
}

Checked<AttachPoint> iterator(const ProgramSpec& program, const Btf& types) {
    const std::string name = fmt::format("{}{}", iterator_prefix, program.attach_target);
    const auto id = types.find(name, BtfKind::func);
    const BtfType* prototype = prototype_of(types, name);
    if (!id || !prototype) return no_target();
    AttachPoint point{.name = types.type(*id).name, .prototype = prototype};
    const auto parameters = types.params(*prototype);
    for (const IteratedRow& row : iterated) {
        if (row.iterator != program.attach_target) continue;
        const auto found = std::ranges::find(parameters, row.parameter, &BtfParam::name);
        if (found == parameters.end()) return unsupported("iterator " + program.attach_target);
        add_argument(point, types, static_cast<std::size_t>(found - parameters.begin()), row.type);
    }
    if (point.arguments.empty()) return unsupported("iterator " + program.attach_target);
    return point;
}

/// Whether trampolines can pass the arguments (btf_distill_func_proto).
bool is_distillable(const Btf& types, const BtfType& prototype) {
    constexpr std::size_t max_arguments = 12, max_size = 16;
    const auto parameters = types.params(prototype);
    const auto result = types.size_of(prototype.type);
    if (prototype.type != 0 && (!result || *result > argument_size)) return false;
    return parameters.size() <= max_arguments &&
           std::ranges::all_of(parameters, [&](const BtfParam& parameter) {
               const auto size = types.size_of(parameter.type);
               return parameter.type != 0 && size && *size <= max_size &&
                      types.kind(types.resolve(parameter.type)) != BtfKind::float_;
           });
}

/// Functions that cannot be traced, or not behind their end: they do not return
/// (btf_id_deny, noreturn_deny).
constexpr auto untraceable = std::to_array<std::string_view>({"migrate_disable",
                                                              "migrate_enable",
                                                              "rcu_read_unlock_strict",
                                                              "preempt_count_add",
                                                              "preempt_count_sub",
                                                              "__rcu_read_lock",
                                                              "__rcu_read_unlock",
                                                              "do_exit",
                                                              "do_group_exit",
                                                              "do_task_dead",
                                                              "kthread_complete_and_exit",
                                                              "kthread_exit",
                                                              "make_task_dead",
                                                              "__x64_sys_exit",
                                                              "__x64_sys_exit_group",
                                                              "__ia32_sys_exit",
                                                              "__ia32_sys_exit_group",
                                                              "__do_sys_exit",
                                                              "__do_sys_exit_group",
                                                              "__module_put_and_kthread_exit",
                                                              "ex_handler_msr_mce",
                                                              "fortify_panic",
                                                              "panic",
                                                              "machine_real_restart",
                                                              "rewind_stack_and_make_dead",
                                                              "nmi_panic_self_stop",
                                                              "cpu_bringup_and_idle",
                                                              "play_dead",
                                                              "stop_this_cpu"});

/// Functions whose results programs may replace, and whether they may sleep in them: those for
/// tests, and a socket's (btf_kfunc_is_modify_return).
struct ChangeableFunction {
    std::string_view name;
    bool sleeps;
};
constexpr auto changeable_functions =
    std::to_array<ChangeableFunction>({{"bpf_modify_return_test", false},
                                       {"bpf_modify_return_test2", false},
                                       {"bpf_modify_return_test_tp", false},
                                       {"update_socket_protocol", false},
                                       {"bpf_fentry_test1", true}});

/// Whether the kernel injects errors into functions, and programs may do more in those
/// (within_error_injection_list, which is a function of such kernels only).
bool injects_errors(const Btf& types) {
    return types.find("within_error_injection_list", BtfKind::func).has_value();
}

bool is_system_call(std::string_view function) {
    return function.starts_with("__x64_sys_") || function.starts_with("__arm64_sys_");
}

/// What a program that sleeps, or that replaces the function's result, asks of the function.
Checked<void> check_changed_function(std::string_view name, const Btf& types, bool is_sleepable) {
    const auto row = std::ranges::find(changeable_functions, name, &ChangeableFunction::name);
    const bool is_listed = row != changeable_functions.end();
    if (is_listed && (row->sleeps || !is_sleepable)) return {};
    if (!is_sleepable && name.starts_with("security_")) return {};
    if (injects_errors(types)) {
        if (is_system_call(name)) return {};
        return unsupported(is_sleepable ? "functions in which programs may sleep"
                                        : "functions whose return values may be changed");
    }
    return reject(EINVAL, is_sleepable ? fmt::format("{} is not sleepable", name)
                                       : fmt::format("{}() is not modifiable", name));
}

/// Programs around functions of the kernel: of which not only the types decide.
Checked<AttachPoint> around_function(const ProgramSpec& program, const Btf& types,
                                     const Loading& loading) {
    const auto id = types.find(program.attach_target, BtfKind::func);
    const BtfType* prototype = prototype_of(types, program.attach_target);
    if (!id || !prototype) return unsupported("functions that the kernel does not describe");
    if (!is_distillable(types, *prototype)) return unsupported("arguments of such functions");
    if (std::ranges::count(untraceable, program.attach_target) != 0)
        return unsupported("tracing " + program.attach_target);
    if (loading.sleepable || attach_type_of(program) == AttachType::modify_return)
        if (auto changes = check_changed_function(program.attach_target, types, loading.sleepable);
            !changes)
            return std::unexpected(changes.error());
    return AttachPoint{.name = types.type(*id).name, .prototype = prototype};
}

/// bpf_lsm_verify_prog.
Checked<AttachPoint> hook(const ProgramSpec& program, const Btf& types, const Loading& loading) {
    const std::string name = fmt::format("{}{}", hook_prefix, program.attach_target);
    const auto id = types.find(name, BtfKind::func);
    const BtfType* prototype = prototype_of(types, name);
    if (!id || !prototype) return no_target();
    if (loading.sleepable && !is_sleepable_hook(program.attach_target))
        return reject(EINVAL, name + " is not sleepable");
    if (!loading.gpl_compatible)
        return reject(EINVAL, "LSM programs must have a GPL compatible license");
    if (is_disabled_hook(program.attach_target))
        return reject(EINVAL,
                      fmt::format("attach_btf_id {} points to disabled hook {}", *id, name));
    return AttachPoint{.name = types.type(*id).name, .prototype = prototype};
}

Checked<AttachPoint> packet_filter(const Btf& types) {
    AttachPoint point;
    std::uint32_t offset = 0;
    for (const std::string_view name : {"nf_hook_state", "sk_buff"}) {
        const auto id = types.find(name, BtfKind::struct_);
        if (!id) return unsupported("a kernel without netfilter");
        point.arguments.push_back({offset, {RegKind::ptr_to_btf_id, ptr_trusted}, *id});
        offset += argument_size;
    }
    return point;
}

Checked<AttachPoint> traced(const ProgramSpec& program, const Btf& types, const Loading& loading) {
    if (program.attach_target.empty()) return no_target();
    switch (attach_type_of(program)) {
        case AttachType::trace_raw_tp: return tracepoint(program, types);
        case AttachType::trace_iter: return iterator(program, types);
        default: return around_function(program, types, loading);
    }
}

}  // namespace

Checked<AttachPoint> find_attach_point(const ProgramSpec& program, const Btf* kernel,
                                       const Loading& loading) {
    if (program.type == ProgType::syscall && !loading.sleepable)
        return reject(EINVAL, "Syscall programs can only be sleepable");
    if (loading.sleepable && !can_sleep(program))
        return reject(EINVAL,
                      "Only fentry/fexit/fmod_ret, lsm, iter, uprobe, and struct_ops programs can "
                      "be sleepable");
    if (program.type == ProgType::struct_ops && !loading.gpl_compatible)
        return reject(EINVAL, "struct ops programs must have a GPL compatible license");
    const bool needs_types =
        in_set(types::tracing | types::lsm | types::struct_ops | types::netfilter, program.type);
    if (!needs_types) return AttachPoint{};
    if (!kernel) return unsupported(std::string(lacks_kernel_types));
    switch (program.type) {
        case ProgType::struct_ops: return callback_point(program, *kernel, loading.sleepable);
        case ProgType::lsm: return hook(program, *kernel, loading);
        case ProgType::netfilter: return packet_filter(*kernel);
        default: return traced(program, *kernel, loading);
    }
}

}  // namespace bpftwin::verifier
