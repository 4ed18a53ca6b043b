// lpm_trie: the value of the longest prefix that a key begins with (kernel/bpf/lpm_trie.c).
#pragma once

#include <cstdint>
#include <memory>

#include "helpers/map.h"
#include "helpers/maps/atomic_word.h"
#include "helpers/maps/prefix.h"
#include "helpers/maps/slab.h"
#include "helpers/maps/value_layout.h"

namespace bpftwin {

/// The kernel's tree, so that keys follow each other as there: a node per entry and one, without a
/// value, where two entries part. Writers exclude each other; readers take no lock, for a change
/// shows by one store of one link.
///
/// A node that was given up keeps prefix and value for the next `quarantine` changes at least: so
/// long a program may go on with a value it has looked up. A reader that was slower looks again.
class LpmTrie final : public Map {
public:
    static constexpr std::uint32_t quarantine = 256;

    static Result<std::unique_ptr<Map>> create(const MapSpec& spec, std::uint32_t cpu_count);

    void* lookup_elem(const void* key, std::uint32_t cpu) override;
    long update_elem(const void* key, const void* value, std::uint64_t flags,
                     std::uint32_t cpu) override;
    long delete_elem(const void* key) override;
    /// Longest prefixes first, then by their bits.
    long next_key(const void* key, void* next) override;
    [[nodiscard]] std::vector<Region> regions() const override;

protected:
    [[nodiscard]] Batches batches() const override { return Batches::by_key; }
    long copy_out(const void* key, std::span<Bytes> values) override;
    long copy_in(const void* key, std::span<const Bytes> values, std::uint64_t flags) override;

private:
    /// Number of a node; 0 is none.
    using Number = std::uint32_t;

    /// Behind the prefix, which is the bytes of the key that made the node, padded to whole words.
    struct Node {
        Number child[2];
        std::uint16_t length;   // Of the prefix, in bits.
        std::uint16_t parting;  // Not 0: it has no value, only children.
    };

    struct Storage {
        Slab nodes;
        Slab values;
        Slab given_up;
        Number count;
    };
    /// Where a key leads: the link to the last node on the way, and the link to its parent.
    struct Place {
        Number* link;
        Number* parent;
        std::uint32_t matched;  // Bits that the node there has in common with the key.
    };

    static Result<Storage> create_storage(const MapSpec& spec);
    LpmTrie(const MapSpec& spec, std::uint32_t cpu_count, Storage storage);

    [[nodiscard]] std::byte* prefix(Number number) const {
        return nodes_.begin() + std::uint64_t{number} * node_stride_;
    }
    [[nodiscard]] Node& node(Number number) const {
        return *reinterpret_cast<Node*>(prefix(number) + node_offset_);
    }
    [[nodiscard]] std::byte* value(Number number) const {
        return values_.begin() + number * value_stride_;
    }
    [[nodiscard]] PrefixKey key_at(const void* key) const { return PrefixKey::at(key, data_size_); }

    /// What a way down finds that no node was used again on.
    template <class Descend>
    [[nodiscard]] Number undisturbed(Descend descend) const;
    [[nodiscard]] Number longest_match(const PrefixKey& key) const;
    [[nodiscard]] Number descend(const PrefixKey& key) const;
    /// The same for keys of 4 bytes, an address of IPv4.
    [[nodiscard]] Number descend_word(std::uint32_t key_length, std::uint32_t bits) const;
    [[nodiscard]] Place find(const PrefixKey& key);
    [[nodiscard]] bool is_at(const Place& place, const PrefixKey& key) const;
    [[nodiscard]] long check_update(bool known, std::uint64_t flags) const;
    void insert(const Place& place, const PrefixKey& key, Number fresh);
    /// Puts `fresh` and the node at `place` under a node of what they have in common.
    void part(const Place& place, const PrefixKey& key, Number fresh);
    void remove(const Place& place);

    [[nodiscard]] Number available() const { return count_ - used_ + waiting(); }
    [[nodiscard]] Number waiting() const { return static_cast<Number>(gone_ - reused_); }
    Number fresh_node();
    void give_back(Number number);
    Number make_node(const std::byte* bytes, std::uint32_t length, bool parting);
    void copy_key(Number number, void* to) const;
    [[nodiscard]] Number first_below(Number root) const;
    /// What follows the last node of `way`, which leads to it from the root; 0 without one.
    [[nodiscard]] Number next_behind(const std::vector<Number>& way) const;
    [[nodiscard]] std::vector<Number> way_to(const PrefixKey& key) const;

    SpinLock lock_;
    Slab nodes_;
    Slab values_;
    Slab given_up_;  // Numbers of nodes, a ring.
    ValueLayout layout_;
    std::uint64_t value_stride_;
    std::uint32_t data_size_;
    std::uint32_t node_offset_;
    std::uint32_t node_stride_;
    std::uint32_t longest_;  // Most bits of a prefix.
    Number count_;           // All nodes.
    Number root_ = 0;
    Number used_ = 0;  // Nodes 1 to that one were used before.
    std::uint32_t entries_ = 0;
    std::uint64_t gone_ = 0;    // How often a node was given up,
    std::uint64_t reused_ = 0;  // and how often one of those was used again, in that order.
};

}  // namespace bpftwin
