// Objects of programs that no verifier saw, and the order and balance of trees.
#include "helpers/object_heap.h"

#include <cmath>
#include <random>
#include <set>

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "helpers/kfuncs.h"
#include "tests/helpers/calling.h"

namespace bpftwin {
namespace {

using testing::HasSubstr;

/// An object with a node for lists at 0, one for trees at 24, and a list of its own at 56.
ObjectKind item_kind(bool counted = false) {
    return {.name = "item",
            .size = 72,
            .fields = {{FieldKind::list_node, 0, 24},
                       {FieldKind::rb_node, 24, 32},
                       {FieldKind::list_head, 56, 16}},
            .counted = counted};
}
constexpr std::uint64_t tree_node = 24, own_list = 56;

struct Roots {
    alignas(8) std::uint64_t list[2]{}, tree[2]{};
    [[nodiscard]] std::uint64_t list_at() const { return reinterpret_cast<std::uint64_t>(list); }
    [[nodiscard]] std::uint64_t tree_at() const { return reinterpret_cast<std::uint64_t>(tree); }
};

TEST(object_heap, memory_of_an_object_that_ended_is_nobodys) {
    ObjectHeap heap(1);
    const ObjectKind kind = item_kind();
    const std::uint64_t object = heap.make(kind);
    EXPECT_TRUE(heap.allows(object, 72, true));
    EXPECT_FALSE(heap.allows(object, 73, false));
    EXPECT_TRUE(heap.drop(object));
    EXPECT_FALSE(heap.allows(object, 1, false));
    EXPECT_FALSE(heap.drop(object));
    EXPECT_EQ(heap.make(kind), object);
}

TEST(object_heap, the_last_owner_ends_an_object) {
    ObjectHeap heap(1);
    const ObjectKind kind = item_kind(true);
    const std::uint64_t object = heap.make(kind);
    EXPECT_TRUE(heap.acquire(object + 8));
    heap.drop(object);
    EXPECT_TRUE(heap.allows(object, 1, false));
    heap.drop(object);
    EXPECT_FALSE(heap.acquire(object));
}

TEST(object_heap, an_object_ends_with_what_its_list_holds) {
    ObjectHeap heap(1);
    const ObjectKind kind = item_kind();
    const std::uint64_t outer = heap.make(kind), inner = heap.make(kind);
    EXPECT_EQ(heap.push(outer + own_list, inner, true), ObjectHeap::Added::yes);
    heap.drop(outer);
    EXPECT_FALSE(heap.allows(inner, 1, false));
}

TEST(object_heap, objects_that_hold_each_other_do_not_hang) {
    ObjectHeap heap(1);
    const ObjectKind kind = item_kind();
    const std::uint64_t one = heap.make(kind), other = heap.make(kind);
    heap.push(one + own_list, other, true);
    heap.push(other + own_list, one, true);
    EXPECT_TRUE(heap.drop(one));
    EXPECT_FALSE(heap.allows(other, 1, false));
}

TEST(object_heap, an_object_that_ends_leaves_its_list_and_tree) {
    ObjectHeap heap(1);
    const ObjectKind kind = item_kind();
    const Roots roots;
    const std::uint64_t object = heap.make(kind);
    heap.push(roots.list_at(), object, true);
    heap.claim(roots.tree_at(), object + tree_node);
    heap.link(roots.tree_at(), object + tree_node, 0, true);
    heap.drop(object);
    EXPECT_EQ(heap.pop(roots.list_at(), true), 0U);
    EXPECT_EQ(heap.top_of(roots.tree_at()), 0U);
}

TEST(object_heap, there_is_an_end_to_memory) {
    ObjectHeap heap(64);
    const ObjectKind kind{.name = "large", .size = 1 << 20};
    EXPECT_EQ(heap.make(kind, true), 0U);
    std::size_t count = 0;
    while (heap.make(kind) != 0) ++count;
    EXPECT_EQ(count, 63U);
}

TEST(object_heap, each_cpu_has_a_part) {
    ObjectHeap heap(4);
    const ObjectKind kind{.name = "numbers", .size = 12};
    const std::uint64_t object = heap.make(kind, true);
    EXPECT_EQ(heap.part_of(object, 3), object + 3 * 16);
    EXPECT_EQ(heap.part_of(object, 4), 0U);
    EXPECT_TRUE(heap.allows(object + 3 * 16, 12, true));
}

/// What a tree holds, by order, and how deep it is.
class Shape {
public:
    Shape(const ObjectTrees& trees, std::uint64_t tree) : trees_(trees) {
        walk(trees.top(tree), 1);
    }
    std::vector<std::uint64_t> nodes;
    unsigned depth = 0;

private:
    void walk(std::uint64_t node, unsigned level) {
        if (node == 0) return;
        depth = std::max(depth, level);
        walk(trees_.child(node, true), level + 1);
        nodes.push_back(node);
        walk(trees_.child(node, false), level + 1);
    }
    const ObjectTrees& trees_;
};

void add(ObjectTrees& trees, std::uint64_t tree, std::uint64_t node) {
    std::uint64_t parent = 0;
    bool left = false;
    for (std::uint64_t at = trees.top(tree); at != 0; at = trees.child(at, left)) {
        parent = at;
        left = node < at;
    }
    ASSERT_TRUE(trees.insert(tree, node, parent, left));
}

TEST(object_trees, stay_in_order_and_balanced_whatever_comes_and_goes) {
    std::mt19937 random(1);
    ObjectTrees trees;
    std::set<std::uint64_t> expected;
    for (unsigned round = 0; round < 4000; ++round) {
        const std::uint64_t node = 1 + random() % 300;
        if (expected.insert(node).second) {
            add(trees, 1000, node);
        } else {
            trees.erase(1000, node);
            expected.erase(node);
        }
        const Shape shape(trees, 1000);
        ASSERT_EQ(shape.nodes, std::vector(expected.begin(), expected.end()));
        ASSERT_LE(shape.depth, 2 * std::log2(expected.size() + 1));
        ASSERT_EQ(trees.first(1000), expected.empty() ? 0 : *expected.begin());
    }
}

/// A program with a heap, which calls kernel functions.
struct Program {
    Caller caller;
    ObjectHeap heap{2};
    Roots roots;
    ObjectKind kind = item_kind();

    Program() {
        caller.program().surround(heap, nullptr);
        caller.program().memory().consult(heap);
        caller.show(&roots, sizeof roots);
    }
    std::int64_t operator()(std::string_view name, std::uint64_t r1 = 0, std::uint64_t r2 = 0,
                            std::uint64_t r3 = 0) {
        return static_cast<std::int64_t>(
            kfunc_named(name)->function(caller.program(), r1, r2, r3, 0, 0));
    }
};

TEST(object_kfuncs, what_is_no_object_stops_the_program) {
    for (const std::string_view name :
         {"bpf_obj_drop_impl", "bpf_percpu_obj_drop_impl", "bpf_refcount_acquire_impl",
          "bpf_cpumask_release", "bpf_cpumask_acquire", "bpf_cpumask_first", "bpf_obj_new_impl",
          "bpf_list_pop_front", "bpf_rbtree_first"}) {
        Program program;
        program(name, 0x1234);
        EXPECT_NE(program.caller.stop_reason(), "") << name;
    }
}

TEST(object_kfuncs, what_is_no_node_stops_the_program) {
    Program program;
    const std::uint64_t object = program.heap.make(program.kind);
    EXPECT_EQ(program("bpf_list_push_back_impl", program.roots.list_at(), object + 8), -EINVAL);
    EXPECT_THAT(program.caller.stop_reason(), HasSubstr("is no such node of an object"));
}

TEST(object_kfuncs, a_node_is_in_one_list_only_and_its_reference_is_dropped) {
    Program program;
    program.kind.counted = true;
    const std::uint64_t object = program.heap.make(program.kind);
    program("bpf_refcount_acquire_impl", object);
    EXPECT_EQ(program("bpf_list_push_back_impl", program.roots.list_at(), object), 0);
    EXPECT_EQ(program("bpf_list_push_front_impl", program.roots.list_at(), object), -EINVAL);
    EXPECT_EQ(program("bpf_list_pop_back", program.roots.list_at()),
              static_cast<std::int64_t>(object));
    EXPECT_EQ(program("bpf_list_pop_back", program.roots.list_at()), 0);
    EXPECT_EQ(program.caller.stop_reason(), "");
}

TEST(object_kfuncs, an_order_that_changes_its_tree_stops_the_program) {
    Program program;
    const std::uint64_t tree = program.roots.tree_at();
    const std::uint64_t one = program.heap.make(program.kind) + tree_node;
    const std::uint64_t other = program.heap.make(program.kind) + tree_node;
    EXPECT_EQ(program("bpf_rbtree_add_impl", tree, one), 0);
    program.caller.program().callback = [&](std::uint64_t, std::uint64_t, std::uint64_t,
                                            std::uint64_t) {
        program("bpf_rbtree_remove", tree, one);
        return std::uint64_t{1};
    };
    program("bpf_rbtree_add_impl", tree, other);
    EXPECT_THAT(program.caller.stop_reason(), HasSubstr("changed the tree"));
}

TEST(object_calls, a_pointer_to_an_object_needs_a_place) {
    Program program;
    EXPECT_EQ(program.caller("kptr_xchg", program.roots.list_at(), 5), 0);
    EXPECT_EQ(program.caller("kptr_xchg", program.roots.list_at(), 0), 5);
    program.caller("kptr_xchg", program.roots.list_at() + 4, 0);
    EXPECT_THAT(program.caller.stop_reason(), HasSubstr("there is no pointer to an object"));
}

TEST(object_calls, only_what_each_cpu_has_has_parts) {
    Program program;
    program.caller("this_cpu_ptr", program.roots.list_at());
    EXPECT_THAT(program.caller.stop_reason(), HasSubstr("nothing that each CPU has"));
}

}  // namespace
}  // namespace bpftwin
