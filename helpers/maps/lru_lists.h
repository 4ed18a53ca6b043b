// The lists behind LRU eviction (`struct bpf_lru_node` and `struct bpf_lru_list` in
// kernel/bpf/bpf_lru_list.c), not yet thread-safe.
#pragma once

#include <cstdint>
#include <functional>

#include "helpers/maps/atomic_word.h"
#include "helpers/maps/hash_table.h"
#include "helpers/maps/slab.h"

namespace bpftwin {

/// Where an element of an LRU map stands.
enum class LruKind : std::uint8_t {
    none,        ///< Never used.
    free,        ///< Free for every CPU.
    inactive,    ///< In use, first to be evicted.
    active,      ///< In use, seen used more than once.
    local_free,  ///< Free for one CPU.
    pending,     ///< Given out by one CPU lately, not sorted in yet.
};

/// Takes an element out of its hash bucket; false if it is not in one.
using Evict = std::function<bool(Element)>;

/// All elements of a map, each on at most one of several doubly linked lists. A list is denoted by
/// the number of its end, which is also what stands before its first and after its last element.
class LruElements {
public:
    static Result<LruElements> create(std::uint32_t elements, std::uint32_t lists);

    /// The end of list number `list`.
    [[nodiscard]] Element end(std::uint32_t list) const { return elements_ + 1 + list; }
    [[nodiscard]] Element before(Element element) const { return at(element).before; }
    [[nodiscard]] Element after(Element element) const { return at(element).after; }
    [[nodiscard]] bool empty(Element list) const { return after(list) == list; }

    /// Puts an element first on a list, from wherever it was, without its mark.
    void move(Element element, Element list, LruKind kind);
    [[nodiscard]] LruKind kind(Element element) const { return at(element).kind; }

    /// Marks are set by lookups without any lock.
    void mark(Element element) {
        if (!marked(element)) store_relaxed(at(element).marked, true);
    }
    [[nodiscard]] bool marked(Element element) const { return load_relaxed(at(element).marked); }

    /// The CPU whose list an element belongs to.
    [[nodiscard]] std::uint16_t cpu(Element element) const { return at(element).cpu; }
    void assign(Element element, std::uint32_t cpu) {
        at(element).cpu = static_cast<std::uint16_t>(cpu);
    }

private:
    struct Node {
        Element before;
        Element after;
        LruKind kind;
        bool marked;
        std::uint16_t cpu;
    };
    LruElements(std::uint32_t elements, Slab nodes)
        : elements_(elements), nodes_(std::move(nodes)) {}
    [[nodiscard]] Node& at(Element element) const { return nodes_.as<Node>()[element]; }

    std::uint32_t elements_;
    Slab nodes_;
};

/// A free, an inactive and an active list, and how elements move between them.
class LruLists {
public:
    static constexpr std::uint32_t list_count = 3;

    /// @param first_list its number of three consecutive lists.
    /// @param unused elements `[unused, unused_end)` are free and on no list.
    /// @param scans most elements looked at in one scan.
    LruLists(LruElements& elements, std::uint32_t first_list, Element unused, Element unused_end,
             unsigned scans);

    /// Puts an element on the list of `kind`: free, inactive or active.
    void put(Element element, LruKind kind);
    /// A free element, still on its list, or 0.
    Element next_free();
    /// Takes an element off these lists, onto another.
    void hand_over(Element element, Element list, LruKind kind);

    /// Gives marked elements their second chance; wears down a long active list.
    void rotate();
    /// Evicts up to `wanted` elements, at least one if any can be, onto `list`.
    void shrink(unsigned wanted, Element list, LruKind kind, const Evict& evict);
    /// The free list.
    [[nodiscard]] Element free_list() const { return free_; }

private:
    void leave(Element element);
    void rotate_active();
    void rotate_inactive();
    unsigned shrink_inactive(unsigned wanted, Element list, LruKind kind, const Evict& evict);

    LruElements& elements_;
    Element free_;
    Element inactive_;
    Element active_;
    Element hand_;  // Where the next rotation of the inactive list begins.
    std::uint32_t inactive_count_ = 0;
    std::uint32_t active_count_ = 0;
    Element unused_;
    Element unused_end_;
    unsigned scans_;
};

}  // namespace bpftwin
