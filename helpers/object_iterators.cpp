// Open-coded iterators over tasks, their memory and cgroups (kernel/bpf/task_iter.c,
// kernel/bpf/cgroup_iter.c).
#include <algorithm>
#include <cerrno>

#include "helpers/iterator_state.h"
#include "helpers/kfunc_calls.h"
#include "vm/kernel_objects.h"
#include "vm/runtime.h"

namespace bpftwin::kfuncs {
namespace {

namespace task_flag {  // enum of kernel/bpf/task_iter.c.
constexpr std::uint32_t all_procs = 0;
constexpr std::uint32_t proc_threads = 2;
}  // namespace task_flag

/// struct bpf_iter_task_kern.
struct TaskIterator {
    std::uint64_t task;
    std::uint64_t position;  ///< What comes next; 0: nothing does.
    std::uint32_t flags;
};

namespace css_order {  // enum bpf_cgroup_iter_order.
constexpr std::uint32_t descendants_pre = 2;
constexpr std::uint32_t descendants_post = 3;
constexpr std::uint32_t ancestors_up = 4;
}  // namespace css_order

/// struct bpf_iter_css_kern.
struct CssIterator {
    std::uint64_t start;
    std::uint64_t position;  ///< What was given last; 0: nothing yet.
    std::uint32_t flags;
};

namespace css_task_flag {  // Of <linux/cgroup.h>.
constexpr std::uint32_t processes = 1;
constexpr std::uint32_t threaded = 2;
}  // namespace css_task_flag

/// The kernel has the address of an iterator here. What that would hold fits.
struct CssTaskIterator {
    std::uint32_t cgroup_and_flag;  ///< From 1, and whether only processes are wanted; 0: none.
    std::uint32_t position;         ///< Which task of the list is looked at next.
};

/// The kernel has the address of an iterator here, too. All tasks with memory have the same.
struct AreaIterator {
    /// One more than the address from which the next area is looked for; 0: none.
    std::uint64_t next;
};

/// The task after `address` in the list, where `wanted` says so.
std::uint64_t next_task(Runtime& runtime, std::uint64_t address, std::uint32_t flags) {
    const auto& tasks = runtime.objects()->tasks();
    const auto last = std::ranges::find(tasks, address, &ListedTask::address);
    if (last == tasks.end()) return 0;
    const auto next = std::find_if(last + 1, tasks.end(), [&](const ListedTask& task) {
        return flags != task_flag::all_procs || task.leads();
    });
    if (next == tasks.end()) return 0;
    const bool leaves = flags == task_flag::proc_threads && next->tgid != last->tgid;
    return leaves ? 0 : next->address;
}

/// A `struct cgroup_subsys_state` is a cgroup's member `self`.
std::uint64_t offset_of_css(KernelObjects& objects, std::uint64_t cgroup) {
    const std::uint64_t css = objects.address(cgroup, "cgroup", "self");
    return css == 0 ? 0 : css - cgroup;
}

std::uint64_t css_of(KernelObjects& objects, std::size_t cgroup) {
    const std::uint64_t object = objects.cgroup(cgroup);
    return object == 0 ? 0 : object + offset_of_css(objects, object);
}

std::optional<std::size_t> cgroup_of_css(KernelObjects& objects, std::uint64_t css) {
    const std::uint64_t root = objects.cgroup(CgroupTree::root);
    return objects.cgroup_at(css - offset_of_css(objects, root));
}

std::optional<std::size_t> next_cgroup(const CgroupTree& tree, std::optional<std::size_t> last,
                                       std::size_t start, std::uint32_t order) {
    if (order == css_order::descendants_pre) return tree.next_pre(last, start);
    if (order == css_order::descendants_post) return tree.next_post(last, start);
    return last ? tree.parent(*last) : start;
}

}  // namespace

int bpf_iter_task_new(Runtime& runtime, void* iterator, std::uint64_t task, std::uint32_t flags) {
    auto* state = iterator_state<TaskIterator>(runtime, iterator);
    if (!state) return 0;
    state->position = 0;
    if (flags > task_flag::proc_threads || (flags == task_flag::proc_threads && task == 0))
        return -EINVAL;
    KernelObjects* objects = runtime.objects();
    const bool all = flags != task_flag::proc_threads;
    const std::uint64_t first = !all ? task : objects ? objects->tasks().front().address : 0;
    *state = {first, first, flags};
    return 0;
}

std::uint64_t bpf_iter_task_next(Runtime& runtime, void* iterator) {
    auto* state = iterator_state<TaskIterator>(runtime, iterator);
    if (!state || state->position == 0 || !runtime.objects()) return 0;
    const std::uint64_t given = state->position;
    state->position = next_task(runtime, given, state->flags);
    return given;
}

void bpf_iter_task_destroy(Runtime& runtime, void* iterator) {
    iterator_state<TaskIterator>(runtime, iterator);
}

int bpf_iter_css_new(Runtime& runtime, void* iterator, std::uint64_t start, std::uint32_t flags) {
    auto* state = iterator_state<CssIterator>(runtime, iterator);
    if (!state) return 0;
    state->start = 0;
    if (flags < css_order::descendants_pre || flags > css_order::ancestors_up) return -EINVAL;
    *state = {start, 0, flags};
    return 0;
}

std::uint64_t bpf_iter_css_next(Runtime& runtime, void* iterator) {
    auto* state = iterator_state<CssIterator>(runtime, iterator);
    KernelObjects* objects = runtime.objects();
    if (!state || state->start == 0 || !objects) return 0;
    const auto start = cgroup_of_css(*objects, state->start);
    if (!start) {  // One that the hook was given: the world has nothing below or above it.
        state->position = state->position == 0 ? state->start : 0;
        return state->position;
    }
    const auto last = cgroup_of_css(*objects, state->position);
    const auto next = next_cgroup(objects->tree(), last, *start, state->flags);
    return state->position = next ? css_of(*objects, *next) : 0;
}

void bpf_iter_css_destroy(Runtime& runtime, void* iterator) {
    iterator_state<CssIterator>(runtime, iterator);
}

int bpf_iter_css_task_new(Runtime& runtime, void* iterator, std::uint64_t css,
                          std::uint32_t flags) {
    auto* state = iterator_state<CssTaskIterator>(runtime, iterator);
    if (!state) return 0;
    *state = {};
    using namespace css_task_flag;
    if (flags != 0 && flags != processes && flags != (processes | threaded)) return -EINVAL;
    KernelObjects* objects = runtime.objects();
    const auto cgroup = objects ? cgroup_of_css(*objects, css) : std::nullopt;
    if (!cgroup) return 0;  // One that the hook was given, which the world has no tasks in.
    state->cgroup_and_flag = static_cast<std::uint32_t>((*cgroup + 1) << 1 | (flags & processes));
    return 0;
}

std::uint64_t bpf_iter_css_task_next(Runtime& runtime, void* iterator) {
    auto* state = iterator_state<CssTaskIterator>(runtime, iterator);
    if (!state || state->cgroup_and_flag == 0 || !runtime.objects()) return 0;
    KernelObjects& objects = *runtime.objects();
    const std::size_t cgroup = (state->cgroup_and_flag >> 1) - std::size_t{1};
    const bool only_processes = (state->cgroup_and_flag & css_task_flag::processes) != 0;
    const auto& tasks = objects.tasks();
    while (state->position < tasks.size()) {
        const ListedTask& task = tasks[state->position++];
        if (task.pid == 0 || (only_processes && !task.leads())) continue;
        if (objects.cgroup_of(task.address) == cgroup) return task.address;
    }
    return 0;
}

void bpf_iter_css_task_destroy(Runtime& runtime, void* iterator) {
    if (auto* state = iterator_state<CssTaskIterator>(runtime, iterator)) *state = {};
}

int bpf_iter_task_vma_new(Runtime& runtime, void* iterator, std::uint64_t task,
                          std::uint64_t address) {
    auto* state = iterator_state<AreaIterator>(runtime, iterator);
    if (!state) return 0;
    *state = {};
    KernelObjects* objects = runtime.objects();
    if (task == 0 || !objects || !objects->memory_of(task)) return -ENOENT;
    state->next = address + 1;
    return 0;
}

std::uint64_t bpf_iter_task_vma_next(Runtime& runtime, void* iterator) {
    auto* state = iterator_state<AreaIterator>(runtime, iterator);
    KernelObjects* objects = runtime.objects();
    if (!state || state->next == 0 || !objects) return 0;
    const AddressSpace* space = objects->memory_of(objects->current_task());
    const auto found = space ? space->next_area(state->next - 1) : AddressSpace::Listed();
    if (found.object != 0) state->next = found.end + 1;
    return found.object;
}

void bpf_iter_task_vma_destroy(Runtime& runtime, void* iterator) {
    if (auto* state = iterator_state<AreaIterator>(runtime, iterator)) *state = {};
}

}  // namespace bpftwin::kfuncs
