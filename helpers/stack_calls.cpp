// Stacks of the running task (kernel/bpf/stackmap.c). The addresses are the world's.
#include <algorithm>
#include <cerrno>
#include <cstring>
#include <optional>
#include <span>

#include "helpers/calls.h"
#include "helpers/maps/stack_trace_map.h"
#include "helpers/require.h"
#include "helpers/touch.h"
#include "vm/kernel_objects.h"
#include "vm/runtime.h"

namespace bpftwin::calls {
namespace {

constexpr std::uint64_t user_build_id = 1 << 11;  // BPF_F_USER_BUILD_ID.
constexpr std::size_t deepest = 127;              // PERF_MAX_STACK_DEPTH.
constexpr std::uint32_t entry_size = 8;

/// A stack without the frames that are skipped; nothing: it has not so many.
std::optional<std::span<const std::uint64_t>> frames(const std::vector<std::uint64_t>& stack,
                                                     std::uint64_t flags) {
    const std::size_t skip = flags & stack_flag::skip;
    const std::size_t known = std::min(stack.size(), deepest);
    if (known < skip) return std::nullopt;
    return std::span(stack).first(known).subspan(skip);
}

const std::vector<std::uint64_t>& stack_of(const Task& task, std::uint64_t flags) {
    return (flags & stack_flag::user) != 0 ? task.user_stack : task.kernel_stack;
}

long copy_stack(Runtime& runtime, const std::vector<std::uint64_t>& stack, void* to,
                std::uint32_t size, std::uint64_t flags) {
    if (!require_memory(runtime, to, size)) return 0;
    std::memset(to, 0, size);
    if ((flags & ~(stack_flag::skip | stack_flag::user | user_build_id)) != 0) return -EINVAL;
    const bool wants_build_ids = (flags & user_build_id) != 0;
    if (wants_build_ids && (flags & stack_flag::user) == 0) return -EINVAL;
    if (size % entry_size != 0) return -EINVAL;
    if (wants_build_ids) {
        runtime.stop({.reason = "build ids of stacks are not known"});
        return 0;
    }
    const auto entries = frames(stack, flags);
    if (!entries) return -EFAULT;
    const std::size_t count = std::min<std::size_t>(entries->size(), size / entry_size);
    std::memcpy(to, entries->data(), count * entry_size);
    return static_cast<long>(count * entry_size);
}

}  // namespace

long get_stackid(Runtime& runtime, const void*, StackTraceMap& map, std::uint64_t flags) {
    return map.put(stack_of(runtime.world().world().task, flags), flags);
}

long get_stack(Runtime& runtime, const void*, void* to, std::uint32_t size, std::uint64_t flags) {
    return copy_stack(runtime, stack_of(runtime.world().world().task, flags), to, size, flags);
}

long get_task_stack(Runtime& runtime, std::uint64_t task, void* to, std::uint32_t size,
                    std::uint64_t flags) {
    if (runtime.objects() && task == runtime.objects()->current_task())
        return get_stack(runtime, nullptr, to, size, flags);
    // Of another task the kernel knows no user stack; the world tells no kernel stack either.
    const long copied = copy_stack(runtime, {}, to, size, flags);
    return copied >= 0 && (flags & stack_flag::user) != 0 ? -EOPNOTSUPP : copied;
}

}  // namespace bpftwin::calls
