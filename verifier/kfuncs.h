// Kernel functions that programs may call: verifier/kfuncs.def as a table (Linux
// Documentation/bpf/kfuncs.rst).
#pragma once

#include <cstdint>
#include <span>
#include <string_view>

#include "bpftwin/spec.h"

namespace bpftwin::verifier {

/// What the kernel promises or asks of a function (KF_*).
enum KfuncFlag : std::uint16_t {
    acquire = 1,           ///< The result must be given back.
    release = 2,           ///< Takes back what was acquired.
    ret_null = 4,          ///< The result may be null.
    sleepable = 16,        ///< It may sleep.
    destructive = 32,      ///< It may end the system.
    rcu = 64,              ///< Objects as arguments may also be such that only RCU keeps them.
    iter_new = 128,        ///< Makes an iterator,
    iter_next = 256,       ///< gives its next element or null,
    iter_destroy = 512,    ///< ends it.
    rcu_protected = 1024,  ///< Only inside of an RCU section.
    fastcall = 2048,       ///< Clobbers only its parameters' registers, and r0.
};

/// Sets of program types for which functions are registered (enum btf_kfunc_hook).
enum KfuncHook : std::uint16_t {
    hook_none = 0,
    hook_common = 1,
    hook_xdp = 2,
    hook_tc = 4,
    hook_struct_ops = 8,
    hook_tracing = 16,
    hook_syscall = 32,
    hook_cgroup = 64,
    hook_sched_act = 128,
    hook_sk_skb = 256,
    hook_socket_filter = 512,
    hook_lwt = 1024,
    hook_netfilter = 2048,
    hook_kprobe = 4096,
};

struct Kfunc {
    std::string_view name;
    std::uint16_t hooks;                       ///< Of `KfuncHook`.
    std::uint16_t flags;                       ///< Of `KfuncFlag`.
    bool (*fits)(const ProgramSpec& program);  ///< A further condition; null: none.

    [[nodiscard]] bool has(std::uint16_t flag) const { return (flags & flag) != 0; }
    [[nodiscard]] bool takes_lock() const { return name.starts_with("bpf_res_spin_lock"); }
    [[nodiscard]] bool is_iterator() const { return has(iter_new | iter_next | iter_destroy); }
};

std::span<const Kfunc> kfunc_table();
/// The function of that name, or null.
const Kfunc* kfunc_named(std::string_view name);

/// Whether the program may call it (btf_kfunc_id_set_contains).
bool may_call(const ProgramSpec& program, const Kfunc& kfunc);

}  // namespace bpftwin::verifier
