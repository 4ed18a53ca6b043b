// The words of verifier/availability.def, and the questions that its rows answer.
#include "verifier/availability.h"

#include <algorithm>
#include <array>

#include "fmt/format.h"
#include "helpers/kind_sets.h"
#include "verifier/attach.h"
#include "verifier/struct_ops.h"

namespace bpftwin::verifier {
namespace {

using Condition = bool (*)(const ProgramSpec&);

template <std::size_t n>
bool is_one_of(std::string_view name, const std::array<std::string_view, n>& names) {
    return std::ranges::find(names, name) != names.end();
}

bool is_any(const ProgramSpec&) { return true; }

/// Hooks around a socket that is locked, or that nobody else has yet (bpf_lsm_func_proto).
bool has_socket(const ProgramSpec& program) {
    return is_one_of(
        program.attach_target,
        std::to_array<std::string_view>({"sock_graft", "inet_csk_clone", "inet_conn_established",
                                         "socket_post_create", "socket_socketpair"}));
}

bool iterates_sockets(const ProgramSpec& program) {
    return program.attach_target == "tcp" || program.attach_target == "unix";
}

bool controls_congestion(const ProgramSpec& program) {
    return callbacks_of(program) == "tcp_congestion_ops";
}
bool controls_congestion_until_release(const ProgramSpec& program) {
    return controls_congestion(program) && program.struct_ops->name != "release";
}
bool is_no_qdisc(const ProgramSpec& program) { return callbacks_of(program) != "Qdisc_ops"; }

bool leaves_sk_storage(const ProgramSpec& program) {
    return !program.attach_target.starts_with("bpf_sk_storage");
}

/// btf_allowlist_d_path of kernel/trace/bpf_trace.c.
bool has_path(const ProgramSpec& program) {
    return is_one_of(program.attach_target,
                     std::to_array<std::string_view>(
                         {"security_file_permission", "security_inode_getattr",
                          "security_file_open", "security_path_truncate", "vfs_truncate",
                          "vfs_fallocate", "dentry_open", "vfs_getattr", "filp_close"}));
}

bool hook_sleeps(const ProgramSpec& program) { return is_sleepable_hook(program.attach_target); }

constexpr AttachTypes nowhere = 0;

/// bpf_prog_has_trampoline.
constexpr AttachTypes trampoline =
    attach::trace_fentry | attach::trace_fexit | attach::modify_return | attach::lsm_mac;

/// Where a cgroup's program may see and change what a system call returns
/// (cgroup_common_func_proto).
constexpr AttachTypes has_retval =
    attach::any &
    ~(attach::cgroup_inet_ingress | attach::cgroup_inet_egress | attach::cgroup_sock_ops |
      attach::cgroup_udp4_recvmsg | attach::cgroup_udp6_recvmsg | attach::cgroup_unix_recvmsg |
      attach::cgroup_inet4_getpeername | attach::cgroup_inet6_getpeername |
      attach::cgroup_unix_getpeername | attach::cgroup_inet4_getsockname |
      attach::cgroup_inet6_getsockname | attach::cgroup_unix_getsockname);

struct UseRow {
    bool found;  ///< Where the program is not as the row says, the kernel still finds the helper.
    std::string_view helper;
    ProgTypes types;
    AttachTypes attach;
    Condition condition = is_any;
};

consteval auto make_uses() {
    using namespace types;
#define ONLY(helper, types, ...) UseRow{false, #helper, types, __VA_ARGS__},
#define ALLOWED(helper, types, ...) UseRow{true, #helper, types, __VA_ARGS__},
    return std::to_array<UseRow>({
#include "verifier/availability.def"
    });
}
constexpr auto uses = make_uses();

/// Whether the rows of one kind let the program call the helper.
bool rows_allow(bool found, const ProgramSpec& program, const Helper& helper) {
    bool asked = false;
    for (const UseRow& row : uses) {
        if (row.found != found || row.helper != helper.name) continue;
        if (!in_set(row.types, program.type)) continue;
        if (in_set(row.attach, attach_type_of(program)) && row.condition(program)) return true;
        asked = true;
    }
    return !asked;
}

bool is_found(const ProgramSpec& program, const Helper& helper) {
    return available_to(helper, program.type) && rows_allow(false, program, helper);
}

}  // namespace

Checked<void> check_helper_allowed(const ProgramSpec& program, const Helper& helper,
                                   const Caller& caller) {
    if (!is_found(program, helper))
        return reject(EINVAL, fmt::format("program of this type cannot use helper bpf_{}#{}",
                                          helper.name, helper.id));
    if (helper.gpl_only && !caller.gpl_compatible)
        return reject(EINVAL,
                      "cannot call GPL-restricted function from non-GPL compatible program");
    if (!rows_allow(true, program, helper))
        return reject(EINVAL, "helper call is not allowed in probe");
    if (helper.might_sleep && !caller.sleepable)
        return reject(EINVAL, "helper call might sleep in a non-sleepable prog");
    return {};
}

namespace {

enum class HookTrait : std::uint8_t { sleepable, disabled, untrusted };
struct HookRow {
    HookTrait trait;
    std::string_view hook;
};
constexpr auto hooks = std::to_array<HookRow>({
#define SLEEPABLE_HOOK(name) {HookTrait::sleepable, #name},
#define DISABLED_HOOK(name) {HookTrait::disabled, #name},
#define UNTRUSTED_HOOK(name) {HookTrait::untrusted, #name},
#include "verifier/lsm_hooks.def"
});

bool has_trait(std::string_view hook, HookTrait trait) {
    return std::ranges::any_of(
        hooks, [&](const HookRow& row) { return row.trait == trait && row.hook == hook; });
}

}  // namespace

bool is_sleepable_hook(std::string_view hook) { return has_trait(hook, HookTrait::sleepable); }
bool is_disabled_hook(std::string_view hook) { return has_trait(hook, HookTrait::disabled); }
bool is_untrusted_hook(std::string_view hook) { return has_trait(hook, HookTrait::untrusted); }

}  // namespace bpftwin::verifier
