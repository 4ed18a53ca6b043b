// Objects that programs allocate, and the lists and trees that they keep them in (kernel/bpf/
// helpers.c: bpf_obj_new_impl, bpf_obj_drop_impl, bpf_list_*, bpf_rbtree_*). What a list or tree
// links is noted here and not in the program's memory, which a program that no verifier saw may
// overwrite: the fields there stay zero, as they look to every program that a verifier accepted.
#pragma once

#include <deque>
#include <map>
#include <memory>
#include <shared_mutex>
#include <span>
#include <string>
#include <unordered_map>
#include <vector>

#include "helpers/maps/value_fields.h"
#include "helpers/object_graph.h"
#include "helpers/timers.h"
#include "vm/memory.h"

namespace bpftwin {

class Btf;

/// What the objects of one struct have in common.
struct ObjectKind {
    std::string name;
    std::uint32_t size = 0;
    std::vector<SpecialField> fields = {};
    bool counted = false;  ///< They have several owners (`bpf_refcount`).
};

/// The objects of an instance, which may outlive runs in its maps. Thread-safe.
class ObjectHeap final : public MemorySource, public FieldOwner {
public:
    /// Most bytes that all objects together may take.
    static constexpr std::uint64_t capacity = std::uint64_t{64} << 20;

    explicit ObjectHeap(std::uint32_t cpu_count) : cpu_count_(cpu_count) {}

    [[nodiscard]] std::uint32_t cpu_count() const { return cpu_count_; }
    /// The objects of a struct. @param kernel types of a kernel, null: not known.
    /// @return null where there is no such struct.
    const ObjectKind* kind_of(const std::shared_ptr<const Btf>& types, std::uint32_t type,
                              const Btf* kernel);
    /// Sets of CPUs: the kernel's `struct bpf_cpumask`.
    [[nodiscard]] const ObjectKind& mask_kind() const { return mask_kind_; }

    /// A zeroed object with one owner, or one for each CPU. @return its address, or 0.
    std::uint64_t make(const ObjectKind& kind, bool for_each_cpu = false);
    /// Another owner of the object around `address`. @return false where there is none.
    bool acquire(std::uint64_t address);
    /// One owner less; the last one ends the object and what it holds. @return false where no
    /// object begins there.
    bool drop(std::uint64_t object);
    /// That CPU's part of the object that begins there, or 0.
    [[nodiscard]] std::uint64_t part_of(std::uint64_t object, std::uint32_t cpu) const;
    /// The kind of the object that begins there, or null.
    [[nodiscard]] const ObjectKind* kind_at(std::uint64_t object) const;

    /// Timers of the maps' values.
    [[nodiscard]] TimerTable& timers() { return timers_; }

    /// What came of a try to add a node to a list or tree.
    enum class Added : std::uint8_t {
        yes,
        elsewhere,  ///< It is in a list or tree; the caller's reference is dropped.
        no_node,    ///< There is no such field in an object.
    };
    Added push(std::uint64_t list, std::uint64_t node, bool front);
    /// Node at an end, which is then no longer there; 0: the list is empty.
    std::uint64_t pop(std::uint64_t list, bool front);
    [[nodiscard]] std::uint64_t end_of(std::uint64_t list, bool front) const;

    /// Takes a node for a tree, in which `link` places it.
    Added claim(std::uint64_t tree, std::uint64_t node);
    /// @return false where something else is there meanwhile, or the parent is gone.
    bool link(std::uint64_t tree, std::uint64_t node, std::uint64_t parent, bool left);
    /// Gives up a node that was claimed, and its object.
    void abandon(std::uint64_t node);
    /// @return false where the node is not in that tree.
    bool unlink(std::uint64_t tree, std::uint64_t node);
    [[nodiscard]] std::uint64_t top_of(std::uint64_t tree) const;
    [[nodiscard]] std::uint64_t first_of(std::uint64_t tree) const;
    /// Child of a node of that tree, or 0.
    [[nodiscard]] std::uint64_t child_of(std::uint64_t tree, std::uint64_t node, bool left) const;

    [[nodiscard]] bool allows(std::uint64_t address, std::uint64_t bytes,
                              bool write) const override;
    [[nodiscard]] const Region* nearest(std::uint64_t address) const override;
    void free_fields(std::span<const SpecialField> fields, const std::byte* value) override;

private:
    struct Object {
        const ObjectKind* kind;
        Region region;  ///< All parts.
        std::unique_ptr<std::uint64_t[]> memory;
        std::uint32_t owners = 0;  ///< 0: it is free.
    };
    /// Addresses of objects that lose an owner.
    using Losers = std::vector<std::uint64_t>;

    [[nodiscard]] Object* around(std::uint64_t address) const;
    [[nodiscard]] Object* at(std::uint64_t begin) const;
    Object* fresh(const ObjectKind& kind, std::uint64_t bytes);
    /// The object whose field of that kind is at `node`, or null.
    [[nodiscard]] Object* holder(std::uint64_t node, FieldKind kind) const;
    Added take(std::uint64_t root, std::uint64_t node, FieldKind kind);
    void release(Losers losers);
    void collect(std::span<const SpecialField> fields, const std::byte* value, Losers& losers);
    void leave(std::uint64_t node);

    std::uint32_t cpu_count_;
    ObjectKind mask_kind_{.name = "bpf_cpumask", .size = 1024 + 8, .fields = {}, .counted = true};
    mutable std::shared_mutex mutex_;
    std::map<std::pair<std::shared_ptr<const Btf>, std::uint32_t>, ObjectKind> kinds_;
    std::deque<Object> objects_;
    std::map<std::uint64_t, Object*> by_address_;
    std::map<std::pair<const ObjectKind*, std::uint64_t>, std::vector<Object*>> free_;
    std::uint64_t used_ = 0;
    std::unordered_map<std::uint64_t, std::uint64_t> roots_;  ///< Of nodes that are somewhere.
    std::unordered_map<std::uint64_t, std::deque<std::uint64_t>> lists_;
    ObjectTrees trees_;
    TimerTable timers_;
};

}  // namespace bpftwin
