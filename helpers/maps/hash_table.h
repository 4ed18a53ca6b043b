// The hash table under every map with free keys: buckets of chained elements, found by key
// (kernel/bpf/hashtab.c). It knows nothing of values: elements are numbers from 1, and an element's
// number is its place in the map's value memory.
//
// Readers take no lock. Each bucket has a version that is odd while a writer holds the bucket; a
// reader whose bucket's version changed on the way looks again. Elements are reused at once, so all
// words a reader may touch are written atomically.
#pragma once

#include <bit>
#include <cstdint>
#include <cstring>

#include "helpers/maps/atomic_word.h"
#include "helpers/maps/slab.h"

namespace bpftwin {

/// Number of an element; 0 is none.
using Element = std::uint32_t;

/// Spreads a key over 32 bits: multiply and xor-shift per 8-byte word. Without a seed, so that
/// iteration order is the same in every run.
std::uint32_t hash_of_bytes(const void* key, std::size_t size);

namespace hash_mix {

constexpr std::uint64_t word(std::uint64_t value) {
    value ^= value >> 32;
    value *= 0x9e3779b97f4a7c15;
    return value ^ value >> 32;
}

inline std::uint64_t read(const void* from, std::size_t size = 8) {
    std::uint64_t word = 0;
    std::memcpy(&word, from, size);
    return word;
}

}  // namespace hash_mix

class HashTable {
    struct Bucket {
        std::uint32_t version;
        Element head;
    };

public:
    /// @param elements highest element number that will be linked.
    static Result<HashTable> create(std::uint32_t key_size, std::uint32_t max_entries,
                                    std::uint32_t elements);

    /// The element with that key, or none.
    [[nodiscard]] Element find(const void* key) const {
        const std::uint32_t hash = hash_of(key);
        const Bucket& bucket = buckets_.as<Bucket>()[hash & mask_];
        for (Backoff backoff;; backoff.wait()) {
            const std::uint32_t version = load_acquire(bucket.version);
            if (version & 1U) continue;
            const Element element = search(bucket, version, hash, key);
            if (load_relaxed(bucket.version) == version) return element;
        }
    }

    /// Holds a bucket against other writers.
    class Lock {
    public:
        ~Lock();
        Lock(const Lock&) = delete;
        Lock& operator=(const Lock&) = delete;

        [[nodiscard]] Element find(const void* key) const;
        /// Puts an element in front of the chain, under a key of this bucket.
        void link(Element element, const void* key);
        /// Takes an element out. @return whether it was there.
        bool unlink(Element element);
        /// What follows `element` in the chain; the first for 0.
        [[nodiscard]] Element after(Element element) const;

    private:
        friend class HashTable;
        Lock(HashTable& table, std::uint32_t hash);

        HashTable& table_;
        std::uint32_t hash_;
        Bucket& bucket_;
        std::uint32_t version_;
    };

    /// Locks the bucket of a key.
    Lock lock(const void* key) { return Lock(*this, hash_of(key)); }
    [[nodiscard]] std::uint32_t bucket_count() const { return mask_ + 1; }
    Lock lock_bucket(std::uint32_t bucket) { return Lock(*this, bucket); }
    /// Locks the bucket an element is linked in, if it is linked.
    Lock lock_around(Element element) { return Lock(*this, load_acquire(node(element)->hash)); }

    /// Copies the key that follows `key` (null or absent: the first) in iteration order.
    /// @return whether there is one.
    bool next_key(const void* key, void* next);

    /// Walks all elements without locks: `visit(element)` may remove any; true ends the walk.
    template <class Visit>
    void walk(Visit visit) const {
        for (std::uint64_t i = 0; i <= mask_; ++i)
            if (walk_bucket(i, visit)) return;
    }

    void copy_key(Element element, void* to) const;

private:
    struct Node {
        Element next;
        std::uint32_t hash;

        // The key follows, padded with zeros to whole words.
        [[nodiscard]] const std::uint64_t* key() const {
            return reinterpret_cast<const std::uint64_t*>(this + 1);
        }
        std::uint64_t* key() { return reinterpret_cast<std::uint64_t*>(this + 1); }
    };

    HashTable(std::uint32_t key_size, std::uint32_t buckets, Slab bucket_memory, Slab nodes)
        : key_size_(key_size),
          node_stride_(static_cast<std::uint32_t>(node_bytes(key_size))),
          mask_(buckets - 1),
          buckets_(std::move(bucket_memory)),
          nodes_(std::move(nodes)) {}

    static constexpr std::uint64_t node_bytes(std::uint32_t key_size) {
        return sizeof(Node) + round_up_8(key_size);
    }
    [[nodiscard]] Node* node(Element element) const {
        return reinterpret_cast<Node*>(nodes_.begin() + std::uint64_t{element} * node_stride_);
    }
    [[nodiscard]] std::uint32_t hash_of(const void* key) const {
        using hash_mix::read;
        using hash_mix::word;
        if (key_size_ == 4) return static_cast<std::uint32_t>(word(read(key, 4)));
        if (key_size_ == 8) return static_cast<std::uint32_t>(word(read(key)));
        if (key_size_ == 16)
            return static_cast<std::uint32_t>(word(word(read(key)) ^ read(second_word(key))));
        return hash_of_bytes(key, key_size_);
    }
    [[nodiscard]] bool equal(const Node& node, const void* key) const {
        using hash_mix::read;
        if (key_size_ == 4) return load_acquire(*node.key()) == read(key, 4);
        if (key_size_ == 8) return load_acquire(*node.key()) == read(key);
        if (key_size_ == 16)
            return load_acquire(node.key()[0]) == read(key) &&
                   load_acquire(node.key()[1]) == read(second_word(key));
        return equal_words(node, static_cast<const std::byte*>(key));
    }
    static const void* second_word(const void* key) {
        return static_cast<const std::byte*>(key) + sizeof(std::uint64_t);
    }
    [[nodiscard]] bool equal_words(const Node& node, const std::byte* key) const;
    [[nodiscard]] Element search(const Bucket& bucket, std::uint32_t version, std::uint32_t hash,
                                 const void* key) const {
        for (Element i = load_acquire(bucket.head); i != 0; i = load_acquire(node(i)->next)) {
            if (load_acquire(node(i)->hash) == hash && equal(*node(i), key)) return i;
            // A chain that changes under the reader might never end.
            if (load_relaxed(bucket.version) != version) return 0;
        }
        return 0;
    }
    bool first_key_from(std::uint64_t bucket, void* key);

    // The successor is read before the visit, which may remove the element; an element that
    // meanwhile moved to another bucket ends the chain.
    template <class Visit>
    bool walk_bucket(std::uint64_t index, Visit& visit) const {
        Element next;
        for (Element i = load_acquire(buckets_.as<Bucket>()[index].head); i != 0; i = next) {
            if ((load_acquire(node(i)->hash) & mask_) != index) return false;
            next = load_acquire(node(i)->next);
            if (visit(i)) return true;
        }
        return false;
    }

    std::uint32_t key_size_;
    std::uint32_t node_stride_;
    std::uint32_t mask_;
    Slab buckets_;
    Slab nodes_;
};

}  // namespace bpftwin
