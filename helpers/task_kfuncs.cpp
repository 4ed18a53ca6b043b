// Tasks, cgroups and paths as objects (kernel/bpf/helpers.c, fs/bpf_fs_kfuncs.c).
#include <cerrno>

#include "helpers/kfunc_calls.h"
#include "helpers/require.h"
#include "helpers/tasks.h"
#include "vm/kernel_objects.h"
#include "vm/runtime.h"

namespace bpftwin::kfuncs {

std::uint64_t bpf_task_acquire(Runtime&, std::uint64_t task) { return task; }
void bpf_task_release(Runtime&, std::uint64_t) {}

std::uint64_t bpf_task_from_pid(Runtime& runtime, std::int32_t pid) {
    return runtime.objects() ? runtime.objects()->task_of(static_cast<std::uint32_t>(pid)) : 0;
}

std::uint64_t bpf_task_from_vpid(Runtime& runtime, std::int32_t pid) {
    return bpf_task_from_pid(runtime, pid);
}

long bpf_task_under_cgroup(Runtime& runtime, std::uint64_t task, std::uint64_t cgroup) {
    return is_under_cgroup(runtime, task, cgroup) ? 1 : 0;
}

std::uint64_t bpf_cgroup_acquire(Runtime&, std::uint64_t cgroup) { return cgroup; }
void bpf_cgroup_release(Runtime&, std::uint64_t) {}

std::uint64_t bpf_cgroup_from_id(Runtime& runtime, std::uint64_t id) {
    return cgroup_object(runtime, id);
}

std::uint64_t bpf_cgroup_ancestor(Runtime& runtime, std::uint64_t cgroup, std::int32_t level) {
    auto at = cgroup_of(runtime, cgroup);
    if (!at || level < 0) return 0;
    const CgroupTree& tree = runtime.objects()->tree();
    if (static_cast<std::size_t>(level) > tree.level(*at)) return 0;
    while (tree.level(*at) > static_cast<std::size_t>(level)) at = tree.parent(*at);
    return runtime.objects()->cgroup(*at);
}

int bpf_send_signal_task(Runtime& runtime, std::uint64_t task, std::int32_t signal,
                         std::uint32_t type, std::uint64_t) {
    constexpr std::uint32_t process = 1;  // enum pid_type: PIDTYPE_PID, PIDTYPE_TGID.
    if (type > process || !runtime.objects()) return -EINVAL;
    const auto number = [&](std::string_view field) {
        return static_cast<std::uint32_t>(runtime.objects()->number(task, "task_struct", field));
    };
    return static_cast<int>(send_signal_to(runtime, number(type == process ? "tgid" : "pid"),
                                           static_cast<std::uint32_t>(signal), type != process));
}

int bpf_path_d_path(Runtime& runtime, std::uint64_t path, char* to, std::uint64_t size) {
    if (size == 0) return -EINVAL;
    if (!runtime.memory().allows(reinterpret_cast<std::uint64_t>(to), size, true)) {
        refuse_argument(runtime, "the buffer is not the program's memory");
        return 0;
    }
    return static_cast<int>(path_text(runtime, path, to, size));
}

}  // namespace bpftwin::kfuncs
