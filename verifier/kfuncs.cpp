#include "verifier/kfuncs.h"

#include <algorithm>
#include <unordered_map>

namespace bpftwin::verifier {
namespace {

// The words of the table.
constexpr std::uint16_t none = 0;
constexpr std::uint16_t common = hook_common, xdp = hook_xdp, tc = hook_tc,
                        struct_ops = hook_struct_ops, tracing = hook_tracing,
                        syscall = hook_syscall, cgroup = hook_cgroup, sched_act = hook_sched_act,
                        kprobe = hook_kprobe;
constexpr std::uint16_t generic = tracing | tc | xdp | struct_ops | syscall | cgroup;
constexpr std::uint16_t masks = tracing | struct_ops | syscall;
constexpr std::uint16_t packets = tc | sched_act | hook_sk_skb | hook_socket_filter | cgroup |
                                  hook_lwt | hook_netfilter | tracing;

bool is_lsm(const ProgramSpec& program) { return program.type == ProgType::lsm; }

bool has_session(const ProgramSpec& program) {
    return program.expected_attach_type == AttachType::trace_kprobe_session ||
           program.expected_attach_type == AttachType::trace_uprobe_session;
}

bool is_iterator(const ProgramSpec& program) {
    return program.expected_attach_type == AttachType::trace_iter;
}

constexpr Kfunc table[] = {
#define KFUNC(name, hooks, flags, ...) Kfunc{#name, hooks, flags __VA_OPT__(, ) __VA_ARGS__},
#include "verifier/kfuncs.def"
};

/// bpf_prog_type_to_kfunc_hook.
KfuncHook hook_of(ProgType type) {
    switch (type) {
        case ProgType::xdp: return hook_xdp;
        case ProgType::sched_cls: return hook_tc;
        case ProgType::struct_ops: return hook_struct_ops;
        case ProgType::tracing:
        case ProgType::tracepoint:
        case ProgType::perf_event:
        case ProgType::lsm: return hook_tracing;
        case ProgType::syscall: return hook_syscall;
        case ProgType::cgroup_skb:
        case ProgType::cgroup_sock:
        case ProgType::cgroup_device:
        case ProgType::cgroup_sock_addr:
        case ProgType::cgroup_sockopt:
        case ProgType::cgroup_sysctl:
        case ProgType::sock_ops: return hook_cgroup;
        case ProgType::sched_act: return hook_sched_act;
        case ProgType::sk_skb: return hook_sk_skb;
        case ProgType::socket_filter: return hook_socket_filter;
        case ProgType::lwt_in:
        case ProgType::lwt_out:
        case ProgType::lwt_xmit:
        case ProgType::lwt_seg6local: return hook_lwt;
        case ProgType::netfilter: return hook_netfilter;
        case ProgType::kprobe: return hook_kprobe;
        default: return hook_none;
    }
}

}  // namespace

std::span<const Kfunc> kfunc_table() { return table; }

const Kfunc* kfunc_named(std::string_view name) {
    static const auto by_name = [] {
        std::unordered_map<std::string_view, const Kfunc*> all;
        for (const Kfunc& kfunc : table) all.emplace(kfunc.name, &kfunc);
        return all;
    }();
    const auto found = by_name.find(name);
    return found == by_name.end() ? nullptr : found->second;
}

bool may_call(const ProgramSpec& program, const Kfunc& kfunc) {
    if ((kfunc.hooks & (hook_common | hook_of(program.type))) == 0) return false;
    return !kfunc.fits || kfunc.fits(program);
}

}  // namespace bpftwin::verifier
