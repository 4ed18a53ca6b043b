// A live map: storage and the kernel's rules for one map type (kernel/bpf/*map*.c, hashtab.c, …).
// Thread-safe: operations of several threads on one map interleave as on several CPUs.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "bpftwin/engine.h"
#include "bpftwin/spec.h"
#include "vm/memory.h"

namespace bpftwin {

/// Base of all map types. Keys and values are raw bytes of the spec's sizes. Functions that can
/// fail return 0 or the kernel's negative errno. What a type does not offer returns its errno
/// there.
class Map : public MapView {
public:
    /// Creates a map as BPF_MAP_CREATE would.
    /// @param cpu_count values per key of per-CPU types.
    /// @return the map, or an Error with the kernel's errno (`code`) and the attribute at fault.
    static Result<std::unique_ptr<Map>> create(const MapSpec& spec, std::uint32_t cpu_count);

    [[nodiscard]] const MapSpec& spec() const final { return spec_; }
    [[nodiscard]] std::uint32_t cpu_count() const { return cpu_count_; }

    // --- The program's side, as the helpers of the same names. `cpu` picks the per-CPU value.

    /// Address of the value, or null. For maps of maps the inner `Map`.
    virtual void* lookup_elem(const void* key, std::uint32_t cpu) = 0;
    virtual long update_elem(const void* key, const void* value, std::uint64_t flags,
                             std::uint32_t cpu) = 0;
    virtual long delete_elem(const void* key) = 0;
    /// The key after `key` (null: the first) in iteration order. @return 0 or -ENOENT.
    virtual long next_key(const void* key, void* next) = 0;

    /// Memory that programs may reach through `lookup_elem`.
    [[nodiscard]] virtual std::vector<Region> regions() const { return {}; }
    /// Whether the value of each key exists once per CPU.
    [[nodiscard]] virtual bool is_per_cpu() const { return false; }

    /// Moves the records that user space would have read by now to `events` (ring buffers).
    virtual void drain(std::vector<Event>& events) { (void)events; }

    // --- User space's side. The defaults are made of the functions above.

    Result<std::vector<Bytes>> lookup(ByteView key) override;
    Result<void> update(ByteView key, const std::vector<Bytes>& values,
                        std::uint64_t flags) override;
    Result<void> erase(ByteView key) override;
    Result<std::vector<MapEntry>> entries() override;

protected:
    Map(MapSpec spec, std::uint32_t cpu_count) : spec_(std::move(spec)), cpu_count_(cpu_count) {}

private:
    MapSpec spec_;
    std::uint32_t cpu_count_;
};

}  // namespace bpftwin
