#include "helpers/maps/hash_table.h"

namespace bpftwin {

using hash_mix::read;

std::uint32_t hash_of_bytes(const void* key, std::size_t size) {
    const auto* bytes = static_cast<const std::byte*>(key);
    std::uint64_t hash = size;
    for (; size >= 8; bytes += 8, size -= 8) hash = hash_mix::word(hash ^ read(bytes));
    if (size != 0) hash = hash_mix::word(hash ^ read(bytes, size));
    return static_cast<std::uint32_t>(hash);
}

Result<HashTable> HashTable::create(std::uint32_t key_size, std::uint32_t max_entries,
                                    std::uint32_t elements) {
    const std::uint32_t buckets = std::bit_ceil(max_entries);
    auto bucket_memory = Slab::create(buckets, sizeof(Bucket));
    if (!bucket_memory) return std::unexpected(bucket_memory.error());
    auto nodes = Slab::create(std::uint64_t{elements} + 1, node_bytes(key_size));
    if (!nodes) return std::unexpected(nodes.error());
    return HashTable(key_size, buckets, std::move(*bucket_memory), std::move(*nodes));
}

bool HashTable::equal_words(const Node& node, const std::byte* key) const {
    const std::uint64_t* word = node.key();
    std::uint32_t left = key_size_;
    for (; left >= 8; left -= 8, key += 8)
        if (load_acquire(*word++) != read(key)) return false;
    return left == 0 || load_acquire(*word) == read(key, left);
}

void HashTable::copy_key(Element element, void* to) const {
    const std::uint64_t* words = node(element)->key();
    auto* bytes = static_cast<std::byte*>(to);
    for (std::uint32_t at = 0; at < key_size_; at += 8) {
        const std::uint64_t word = load_acquire(words[at / 8]);
        std::memcpy(bytes + at, &word, key_size_ - at < 8 ? key_size_ - at : 8);
    }
}

bool HashTable::next_key(const void* key, void* next) {
    if (!key || find(key) == 0) return first_key_from(0, next);
    const std::uint32_t hash = hash_of(key);
    if (const Lock lock(*this, hash); const Element element = lock.find(key)) {
        if (const Element following = lock.after(element); following != 0) {
            copy_key(following, next);
            return true;
        }
    }
    return first_key_from(std::uint64_t{hash & mask_} + 1, next);
}

bool HashTable::first_key_from(std::uint64_t bucket, void* key) {
    for (; bucket <= mask_; ++bucket) {
        if (load_acquire(buckets_.as<Bucket>()[bucket].head) == 0) continue;
        Lock lock(*this, static_cast<std::uint32_t>(bucket));
        if (const Element element = lock.after(0); element != 0) {
            copy_key(element, key);
            return true;
        }
    }
    return false;
}

HashTable::Lock::Lock(HashTable& table, std::uint32_t hash)
    : table_(table), hash_(hash), bucket_(table.buckets_.as<Bucket>()[hash & table.mask_]) {
    for (Backoff backoff;; backoff.wait()) {
        version_ = load_relaxed(bucket_.version) & ~1U;
        std::uint32_t expected = version_;
        if (__atomic_compare_exchange_n(&bucket_.version, &expected, version_ + 1, false,
                                        __ATOMIC_ACQ_REL, __ATOMIC_RELAXED))
            return;
    }
}

HashTable::Lock::~Lock() { store_release(bucket_.version, version_ + 2); }

Element HashTable::Lock::after(Element element) const {
    return load_relaxed(element == 0 ? bucket_.head : table_.node(element)->next);
}

Element HashTable::Lock::find(const void* key) const {
    Element i = after(0);
    while (i != 0 &&
           !(load_relaxed(table_.node(i)->hash) == hash_ && table_.equal(*table_.node(i), key)))
        i = after(i);
    return i;
}

// Everything is stored with release order: whoever sees any of it sees the odd version too.
void HashTable::Lock::link(Element element, const void* key) {
    Node* node = table_.node(element);
    const auto* bytes = static_cast<const std::byte*>(key);
    for (std::uint32_t at = 0; at < table_.key_size_; at += 8) {
        const std::uint32_t left = table_.key_size_ - at;
        store_release(node->key()[at / 8], read(bytes + at, left < 8 ? left : 8));
    }
    store_release(node->hash, hash_);
    store_release(node->next, bucket_.head);
    store_release(bucket_.head, element);
}

bool HashTable::Lock::unlink(Element element) {
    Element* place = &bucket_.head;
    while (*place != 0 && *place != element) place = &table_.node(*place)->next;
    if (*place == 0) return false;
    store_release(*place, table_.node(element)->next);
    return true;
}

}  // namespace bpftwin
