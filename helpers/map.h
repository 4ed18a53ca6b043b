// A live map: storage and the kernel's rules for one map type (kernel/bpf/*map*.c, hashtab.c, …).
// Thread-safe: operations of several threads on one map interleave as on several CPUs.
#pragma once

#include <atomic>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "bpftwin/engine.h"
#include "bpftwin/spec.h"
#include "helpers/maps/value_fields.h"
#include "vm/memory.h"

namespace bpftwin {

/// Flags of map updates (BPF_ANY and following, include/uapi/linux/bpf.h).
namespace update_flag {
inline constexpr std::uint64_t any = 0;
inline constexpr std::uint64_t noexist = 1;
inline constexpr std::uint64_t exist = 2;
inline constexpr std::uint64_t lock = 4;
}  // namespace update_flag

/// Base of all map types. Keys and values are raw bytes of the spec's sizes. Functions that can
/// fail return 0 or the kernel's negative errno. What a type does not offer returns its errno
/// there.
class Map : public MapView {
public:
    /// Called with key and value address of one element; true ends the iteration.
    using Visitor = std::function<bool(const void* key, void* value)>;

    /// Creates a map as BPF_MAP_CREATE would.
    /// @param cpu_count values per key of per-CPU types; at least 1.
    /// @param fields special fields of its values, as BTF describes them.
    /// @return the map, or an Error with the kernel's errno (`code`) and the attribute at fault.
    static Result<std::unique_ptr<Map>> create(const MapSpec& spec, std::uint32_t cpu_count,
                                               const ValueFields& fields = {});

    [[nodiscard]] const MapSpec& spec() const final { return spec_; }
    [[nodiscard]] std::uint32_t cpu_count() const { return cpu_count_; }
    [[nodiscard]] const ValueFields& fields() const { return fields_; }

    // --- The program's side, as the helpers of the same names. `cpu` picks the per-CPU value. A
    // type without elements leaves these as they are: nothing is found, all else is -ENOTSUPP.

    /// Address of the value, or null. For maps of maps the inner `Map`. The memory stays valid as
    /// long as the map, even when the element is deleted; then it may become another element.
    virtual void* lookup_elem(const void* key, std::uint32_t cpu);
    virtual long update_elem(const void* key, const void* value, std::uint64_t flags,
                             std::uint32_t cpu);
    virtual long delete_elem(const void* key);
    /// The key after `key` (null: the first) in iteration order. @return 0 or -ENOENT.
    virtual long next_key(const void* key, void* next);
    /// Visits every element (`bpf_for_each_map_elem`); the visitor may delete the one it is given.
    /// @return elements visited, or -ENOTSUPP.
    virtual long for_each(std::uint32_t cpu, const Visitor& visit);

    /// The key of the element whose value begins at an address; nothing where none does, and for
    /// types whose values hold no timers.
    [[nodiscard]] virtual std::optional<Bytes> key_of(const void*) const { return std::nullopt; }

    /// Maps without keys (`bpf_map_push_elem` and its kin). @return what the type does, -ENOTSUPP
    /// for types with keys.
    virtual long push_elem(const void* value, std::uint64_t flags);
    virtual long pop_elem(void* value);
    virtual long peek_elem(void* value);

    /// Memory that programs may reach through `lookup_elem`.
    [[nodiscard]] virtual std::vector<Region> regions() const { return {}; }
    /// Whether the value of each key exists once per CPU.
    [[nodiscard]] virtual bool is_per_cpu() const { return false; }

    /// Adds the keys of a bucket (types with batches by hash).
    /// @return whether there is a bucket of that number.
    [[nodiscard]] virtual bool bucket_keys(std::uint32_t bucket, std::vector<Bytes>& keys);

    /// Moves the records that user space would have read by now to `events` (ring buffers).
    virtual void drain(std::vector<Event>& events) { (void)events; }

    // --- User space's side: the checks of the bpf(2) commands, then `copy_out` and `copy_in`.

    Result<std::vector<Bytes>> lookup(ByteView key) override;
    Result<void> update(ByteView key, const std::vector<Bytes>& values,
                        std::uint64_t flags) override;
    Result<void> erase(ByteView key) override;
    Result<std::vector<MapEntry>> entries() override;
    Result<std::vector<Bytes>> take(ByteView key) override;
    Result<Bytes> key_after(std::optional<ByteView> key) override;
    Result<MapBatch> lookup_batch(ByteView cursor, std::uint32_t count) override;
    Result<MapBatch> take_batch(ByteView cursor, std::uint32_t count) override;
    Result<MapBatch> update_batch(const std::vector<MapEntry>& entries,
                                  std::uint64_t flags) override;
    Result<MapBatch> erase_batch(const std::vector<Bytes>& keys) override;
    /// BPF_MAP_FREEZE: from now on user space cannot write.
    Result<void> freeze();

protected:
    Map(MapSpec spec, std::uint32_t cpu_count, const ValueFields& fields)
        : spec_(std::move(spec)), cpu_count_(cpu_count), fields_(fields) {}

    /// Reads the value, or one per CPU, into buffers of `value_size` bytes.
    virtual long copy_out(const void* key, std::span<Bytes> values);
    /// Writes the value, or one per CPU; buffers as for `copy_out`.
    virtual long copy_in(const void* key, std::span<const Bytes> values, std::uint64_t flags);
    /// `copy_out` of an element that is then gone; -ENOTSUPP.
    virtual long take_out(const void* key, std::span<Bytes> values);
    /// Bytes that user space gives to look something up.
    [[nodiscard]] virtual std::uint32_t lookup_size() const { return spec_.key_size; }

    /// The batch commands of the type.
    enum class Batches : std::uint8_t {
        none,
        by_index,  ///< Lookups and updates, from key to key.
        by_key,    ///< Deletions as well.
        by_hash,   ///< All; lookups from bucket to bucket.
    };
    [[nodiscard]] virtual Batches batches() const { return Batches::none; }

    /// A region over `bytes` at `begin` that holds this map's values, one each `stride`.
    [[nodiscard]] Region value_region(const void* begin, std::uint64_t bytes,
                                      std::uint64_t stride) const;

private:
    [[nodiscard]] Result<void> check_readable(std::string_view operation) const;
    [[nodiscard]] Result<void> check_batch(std::string_view operation, Batches least) const;
    [[nodiscard]] MapBatch batch_by_key(ByteView cursor, std::uint32_t count);
    [[nodiscard]] MapBatch batch_by_hash(ByteView cursor, std::uint32_t count, bool erase);
    void add_bucket(MapBatch& batch, const std::vector<Bytes>& keys, bool erase);
    [[nodiscard]] std::unexpected<Error> failure(std::string_view operation, long error) const;
    [[nodiscard]] Result<void> check_key(std::string_view operation, ByteView key,
                                         std::uint32_t size) const;
    [[nodiscard]] Result<void> check_writable(std::string_view operation) const;
    [[nodiscard]] Result<void> check_values(const std::vector<Bytes>& values) const;
    [[nodiscard]] std::vector<Bytes> value_buffers() const;

    MapSpec spec_;
    std::uint32_t cpu_count_;
    ValueFields fields_;
    std::atomic<bool> frozen_ = false;
};

}  // namespace bpftwin
