// The running task: its object, its cgroups, signals to it, and memory of its user space
// (kernel/trace/bpf_trace.c, kernel/bpf/helpers.c, kernel/bpf/task_iter.c, net/core/filter.c).
#include <algorithm>
#include <cerrno>
#include <cstring>

#include "helpers/calls.h"
#include "helpers/require.h"
#include "helpers/tasks.h"
#include "helpers/touch.h"
#include "vm/kernel_objects.h"
#include "vm/runtime.h"

namespace bpftwin::calls {
namespace {

std::uint64_t ancestor(Runtime& runtime, std::int32_t level) {
    const auto ids = runtime.world().cgroups();
    if (level < 0 || static_cast<std::size_t>(level) >= ids.size()) return 0;
    return ids[static_cast<std::size_t>(level)];
}

/// The kernel would panic without its first process.
long send(Runtime& runtime, std::uint32_t pid, std::uint32_t signal, bool thread) {
    constexpr std::uint32_t init = 1;
    if (runtime.world().world().task.tgid == init) return -EPERM;
    return send_signal_to(runtime, pid, signal, thread);
}

long read_user(Runtime& runtime, void* to, std::uint32_t size, std::uint64_t from) {
    if (!require_memory(runtime, to, size)) return 0;
    touch_writable(to, size);
    if (runtime.probe_read(to, from, size)) return 0;
    std::memset(to, 0, size);
    return -EFAULT;
}

}  // namespace

std::uint64_t get_current_task(Runtime& runtime) {
    const std::uint64_t task = runtime.objects() ? runtime.objects()->current_task() : 0;
    if (task == 0) runtime.stop({.reason = "the kernel's types have no task_struct"});
    return task;
}

std::uint64_t get_current_task_btf(Runtime& runtime) { return get_current_task(runtime); }

std::uint64_t task_pt_regs(Runtime& runtime, std::uint64_t) {
    const std::uint64_t registers = runtime.objects() ? runtime.objects()->registers() : 0;
    if (registers == 0) runtime.stop({.reason = "the kernel's types have no pt_regs"});
    return registers;
}

// Nobody else changes that memory meanwhile, so its lock can always be had.
long find_vma(Runtime& runtime, std::uint64_t task, std::uint64_t address, std::uint64_t callback,
              std::uint64_t context, std::uint64_t flags) {
    if (flags != 0) return -EINVAL;
    KernelObjects* objects = runtime.objects();
    const std::uint64_t area = objects && task != 0 ? objects->area_of(task, address) : 0;
    if (area == 0) return -ENOENT;
    runtime.call(callback, task, area, context, 0, 0);
    return 0;
}

std::uint64_t get_current_cgroup_id(Runtime& runtime) { return runtime.world().cgroups().back(); }

std::uint64_t get_current_ancestor_cgroup_id(Runtime& runtime, std::int32_t level) {
    return ancestor(runtime, level);
}

long current_task_under_cgroup(Runtime& runtime, Map& map, std::uint32_t index) {
    return is_cgroup_at(runtime, map, index, runtime.world().cgroups());
}

long send_signal(Runtime& runtime, std::uint32_t signal) {
    return send(runtime, runtime.world().world().task.tgid, signal, false);
}

long send_signal_thread(Runtime& runtime, std::uint32_t signal) {
    return send(runtime, runtime.world().world().task.pid, signal, true);
}

long get_ns_current_pid_tgid(Runtime& runtime, std::uint64_t dev, std::uint64_t inode,
                             std::uint32_t* pid_and_tgid, std::uint32_t size) {
    constexpr std::uint32_t expected = sizeof(std::uint32_t) * 2;  // struct bpf_pidns_info.
    if (!require_memory(runtime, pid_and_tgid, size)) return 0;
    std::memset(pid_and_tgid, 0, size);
    const Task& task = runtime.world().world().task;
    const NamespaceId own = pid_namespace_of(task);
    if (size != expected || dev != own.dev || inode != own.ino) return -EINVAL;
    const std::uint32_t ids[] = {task.pid, task.tgid};
    std::memcpy(pid_and_tgid, ids, sizeof ids);
    return 0;
}

long copy_from_user(Runtime& runtime, void* to, std::uint32_t size, std::uint64_t from) {
    return read_user(runtime, to, size, from);
}

long copy_from_user_task(Runtime& runtime, void* to, std::uint32_t size, std::uint64_t from,
                         std::uint64_t, std::uint64_t flags) {
    if (flags != 0) return -EINVAL;
    return size == 0 ? 0 : read_user(runtime, to, size, from);
}

long probe_write_user(Runtime& runtime, std::uint64_t to, const void* from, std::uint32_t size) {
    if (!require_memory(runtime, from, size)) return 0;
    touch_readable(from, size);
    if (!runtime.memory().allows(to, size, true)) return -EFAULT;
    std::memmove(reinterpret_cast<void*>(to), from, size);
    return 0;
}

}  // namespace bpftwin::calls
