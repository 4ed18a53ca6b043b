// Objects that programs allocate, in lists and trees (kernel/bpf/helpers.c). Arguments that the
// kernel's verifier fills in (the types of objects) are not looked at.
#include <cerrno>

#include "fmt/format.h"
#include "helpers/kfunc_calls.h"
#include "helpers/object_heap.h"
#include "helpers/require.h"
#include "vm/kernel_objects.h"
#include "vm/runtime.h"

namespace bpftwin::kfuncs {
namespace {

bool require_heap(Runtime& runtime) {
    if (runtime.heap()) return true;
    refuse_argument(runtime, "there are no objects outside of an instance's runs");
    return false;
}

std::uint64_t make_object(Runtime& runtime, std::uint64_t type, bool for_each_cpu) {
    if (!require_heap(runtime)) return 0;
    const Btf* kernel = runtime.objects() ? runtime.objects()->types() : nullptr;
    const ObjectKind* kind =
        type > UINT32_MAX
            ? nullptr
            : runtime.heap()->kind_of(runtime.types(), static_cast<std::uint32_t>(type), kernel);
    if (kind) return runtime.heap()->make(*kind, for_each_cpu);
    refuse_argument(runtime, fmt::format("type {} is no struct of the program", type));
    return 0;
}

void drop_object(Runtime& runtime, std::uint64_t object) {
    if (!require_heap(runtime) || runtime.heap()->drop(object)) return;
    refuse_argument(runtime, fmt::format("no object begins at {:#x}", object));
}

/// Whether the heap can be asked about a list or tree there.
bool require_root(Runtime& runtime, std::uint64_t root) {
    constexpr std::uint64_t root_size = 16;
    if (!require_heap(runtime)) return false;
    if (root != 0 && runtime.memory().allows(root, root_size, true)) return true;
    refuse_argument(runtime, fmt::format("there is no list or tree at {:#x}", root));
    return false;
}

/// @return 0 or -EINVAL, the latter also with the program stopped.
int result_of(Runtime& runtime, ObjectHeap::Added added, std::uint64_t node) {
    if (added == ObjectHeap::Added::no_node)
        refuse_argument(runtime, fmt::format("{:#x} is no such node of an object", node));
    return added == ObjectHeap::Added::yes ? 0 : -EINVAL;
}

int push(Runtime& runtime, std::uint64_t list, std::uint64_t node, bool front) {
    if (!require_root(runtime, list)) return 0;
    return result_of(runtime, runtime.heap()->push(list, node, front), node);
}

/// Finds a place for a node that the tree has claimed, by the program's order.
bool place_node(Runtime& runtime, std::uint64_t tree, std::uint64_t node, std::uint64_t less) {
    ObjectHeap& heap = *runtime.heap();
    std::uint64_t parent = 0;
    bool left = false;
    for (std::uint64_t at = heap.top_of(tree); at != 0; at = heap.child_of(tree, at, left)) {
        parent = at;
        left = (runtime.call(less, node, parent, 0, 0, 0) & 1) != 0;
        if (runtime.stopped()) return false;
    }
    return heap.link(tree, node, parent, left);
}

}  // namespace

std::uint64_t bpf_obj_new_impl(Runtime& runtime, std::uint64_t type, std::uint64_t) {
    return make_object(runtime, type, false);
}

std::uint64_t bpf_percpu_obj_new_impl(Runtime& runtime, std::uint64_t type, std::uint64_t) {
    return make_object(runtime, type, true);
}

void bpf_obj_drop_impl(Runtime& runtime, std::uint64_t object, std::uint64_t) {
    drop_object(runtime, object);
}

void bpf_percpu_obj_drop_impl(Runtime& runtime, std::uint64_t object, std::uint64_t) {
    drop_object(runtime, object);
}

std::uint64_t bpf_refcount_acquire_impl(Runtime& runtime, std::uint64_t object, std::uint64_t) {
    if (!require_heap(runtime)) return 0;
    if (runtime.heap()->acquire(object)) return object;
    refuse_argument(runtime, fmt::format("there is no object at {:#x}", object));
    return 0;
}

int bpf_list_push_front_impl(Runtime& runtime, std::uint64_t list, std::uint64_t node,
                             std::uint64_t, std::uint64_t) {
    return push(runtime, list, node, true);
}

int bpf_list_push_back_impl(Runtime& runtime, std::uint64_t list, std::uint64_t node, std::uint64_t,
                            std::uint64_t) {
    return push(runtime, list, node, false);
}

std::uint64_t bpf_list_pop_front(Runtime& runtime, std::uint64_t list) {
    return require_root(runtime, list) ? runtime.heap()->pop(list, true) : 0;
}

std::uint64_t bpf_list_pop_back(Runtime& runtime, std::uint64_t list) {
    return require_root(runtime, list) ? runtime.heap()->pop(list, false) : 0;
}

std::uint64_t bpf_list_front(Runtime& runtime, std::uint64_t list) {
    return require_root(runtime, list) ? runtime.heap()->end_of(list, true) : 0;
}

std::uint64_t bpf_list_back(Runtime& runtime, std::uint64_t list) {
    return require_root(runtime, list) ? runtime.heap()->end_of(list, false) : 0;
}

int bpf_rbtree_add_impl(Runtime& runtime, std::uint64_t tree, std::uint64_t node,
                        std::uint64_t less, std::uint64_t, std::uint64_t) {
    if (!require_root(runtime, tree)) return 0;
    const auto claimed = runtime.heap()->claim(tree, node);
    if (claimed != ObjectHeap::Added::yes) return result_of(runtime, claimed, node);
    if (place_node(runtime, tree, node, less)) return 0;
    runtime.heap()->abandon(node);
    if (!runtime.stopped())
        refuse_argument(runtime, "the order's callback changed the tree that it orders");
    return 0;
}

std::uint64_t bpf_rbtree_remove(Runtime& runtime, std::uint64_t tree, std::uint64_t node) {
    if (!require_root(runtime, tree)) return 0;
    return runtime.heap()->unlink(tree, node) ? node : 0;
}

std::uint64_t bpf_rbtree_first(Runtime& runtime, std::uint64_t tree) {
    return require_root(runtime, tree) ? runtime.heap()->first_of(tree) : 0;
}

std::uint64_t bpf_rbtree_root(Runtime& runtime, std::uint64_t tree) {
    return require_root(runtime, tree) ? runtime.heap()->top_of(tree) : 0;
}

std::uint64_t bpf_rbtree_left(Runtime& runtime, std::uint64_t tree, std::uint64_t node) {
    return require_root(runtime, tree) ? runtime.heap()->child_of(tree, node, true) : 0;
}

std::uint64_t bpf_rbtree_right(Runtime& runtime, std::uint64_t tree, std::uint64_t node) {
    return require_root(runtime, tree) ? runtime.heap()->child_of(tree, node, false) : 0;
}

}  // namespace bpftwin::kfuncs
