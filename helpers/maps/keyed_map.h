// What all hash maps share: finding, iterating and removing elements, and their values
// (kernel/bpf/hashtab.c). How an element is obtained for a new key is the subclass's business.
#pragma once

#include <optional>

#include "helpers/map.h"
#include "helpers/maps/hash_table.h"
#include "helpers/maps/value_layout.h"

namespace bpftwin {

/// A value to store: one from a program on one CPU, or one for every CPU from user space.
struct NewValue {
    const std::byte* one = nullptr;  ///< Null: `all`.
    std::span<const Bytes> all;
    std::uint32_t cpu = 0;  ///< The CPU that stores it.
};

class KeyedMap : public Map {
public:
    void* lookup_elem(const void* key, std::uint32_t cpu) override {
        const Element element = table_.find(key);
        return element != 0 && has_cpu(cpu) ? value(element, cpu) : nullptr;
    }
    long update_elem(const void* key, const void* value, std::uint64_t flags,
                     std::uint32_t cpu) final;
    long delete_elem(const void* key) final;
    long next_key(const void* key, void* next) final;
    long for_each(std::uint32_t cpu, const Visitor& visit) final;
    [[nodiscard]] std::optional<Bytes> key_of(const void* value) const final;
    [[nodiscard]] std::vector<Region> regions() const final;
    [[nodiscard]] bool is_per_cpu() const final { return cpu_stride_ != 0; }
    [[nodiscard]] bool bucket_keys(std::uint32_t bucket, std::vector<Bytes>& keys) final;

protected:
    /// The memory of a hash map.
    struct Storage {
        HashTable table;
        Slab values;
        std::uint32_t elements;
    };
    static Result<Storage> create_storage(const MapSpec& spec, std::uint32_t elements,
                                          std::uint32_t cpu_count);

    KeyedMap(MapSpec spec, std::uint32_t cpu_count, const ValueFields& fields, Storage storage);

    /// Inserts or updates; `flags` are not checked yet.
    virtual long write(const void* key, const NewValue& value, std::uint64_t flags) = 0;
    /// Takes back an element that was unlinked.
    virtual void release(Element element) = 0;

    [[nodiscard]] Batches batches() const final { return Batches::by_hash; }
    long copy_out(const void* key, std::span<Bytes> values) final;
    long take_out(const void* key, std::span<Bytes> values) final;
    long copy_in(const void* key, std::span<const Bytes> values, std::uint64_t flags) final;

    [[nodiscard]] HashTable& table() { return table_; }
    [[nodiscard]] const ValueLayout& layout() const { return layout_; }
    [[nodiscard]] bool has_cpu(std::uint32_t cpu) const {
        return cpu_stride_ == 0 || cpu < cpu_count();
    }
    [[nodiscard]] std::byte* value(Element element, std::uint32_t cpu) const {
        return values_.begin() + cpu * cpu_stride_ + (element - 1) * layout_.stride();
    }
    /// Stores the value of a key that existed before: other CPUs keep theirs.
    void overwrite(Element element, const NewValue& value);
    /// Gives up what the special fields of an element that was unlinked hold.
    void free_fields(Element element);
    /// Stores the value of a new key: other CPUs start with zeros.
    void initialise(Element element, const NewValue& value);

private:
    HashTable table_;
    Slab values_;
    ValueLayout layout_;
    std::uint64_t cpu_stride_;
};

/// The errno of BPF_NOEXIST for a key that exists and BPF_EXIST for one that does not, or 0.
long check_existence(bool exists, std::uint64_t flags);

}  // namespace bpftwin
