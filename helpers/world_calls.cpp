// Clock, CPU, task and random numbers, as the run's world has them (kernel/bpf/helpers.c).
#include <algorithm>
#include <cstring>

#include "helpers/calls.h"
#include "helpers/jiffies.h"
#include "vm/runtime.h"

namespace bpftwin::calls {

std::uint64_t ktime_get_ns(Runtime& runtime) { return runtime.world().ktime_ns(); }
std::uint64_t ktime_get_boot_ns(Runtime& runtime) { return runtime.world().ktime_boot_ns(); }
std::uint64_t ktime_get_coarse_ns(Runtime& runtime) { return runtime.world().ktime_ns(); }
std::uint64_t ktime_get_tai_ns(Runtime& runtime) { return runtime.world().ktime_tai_ns(); }

std::uint64_t jiffies64(Runtime& runtime) { return jiffies::at(runtime.world().ktime_ns()); }

std::uint32_t get_smp_processor_id(Runtime& runtime) { return runtime.world().world().cpu; }

// The world is a machine with one memory node.
std::uint32_t get_numa_node_id(Runtime&) { return 0; }

std::uint64_t get_current_pid_tgid(Runtime& runtime) {
    const Task& task = runtime.world().world().task;
    return std::uint64_t{task.tgid} << 32 | task.pid;
}

std::uint64_t get_current_uid_gid(Runtime& runtime) {
    const Task& task = runtime.world().world().task;
    return std::uint64_t{task.gid} << 32 | task.uid;
}

long get_current_comm(Runtime& runtime, char* to, std::uint32_t size) {
    constexpr std::size_t longest = 15;  // TASK_COMM_LEN without its zero.
    if (size == 0) return 0;
    const std::string_view comm = runtime.world().world().task.comm;
    std::memset(to, 0, size);
    const std::string_view seen = comm.substr(0, std::min<std::size_t>(longest, size - 1));
    std::ranges::copy(seen, to);
    return 0;
}

std::uint32_t get_prandom_u32(Runtime& runtime) { return runtime.world().random_u32(); }

}  // namespace bpftwin::calls
