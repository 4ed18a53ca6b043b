// What every map type accepts at creation: the table helpers/map_types.def as data, for creation,
// listings and documentation.
#pragma once

#include <cstdint>
#include <limits>
#include <span>
#include <string>
#include <string_view>

#include "bpftwin/kinds.h"

namespace bpftwin {

/// Bits of `MapSpec::map_flags` (BPF_F_* of map creation).
namespace map_flag {
#define MAP_FLAG(name, bit) inline constexpr std::uint32_t name = 1U << (bit);
#include "helpers/maps/flags.def"
}  // namespace map_flag

/// Names of the set bits in lower case joined by " | "; "0" for none.
std::string map_flags_text(std::uint32_t flags);

/// The class that stores a map type here; `none`: not implemented in user space.
enum class MapFamily : std::uint8_t {
    none,
    array,
    hash,
    lru_hash,
    prog_array,
    perf_event_array,
    target_array,
    device_hash,
    socket_array,
    socket_hash,
    map_array,
    map_hash,
    ring_buffer,
    user_ring_buffer,
    stack_trace,
    cgroup_array,
    local_storage,
    cgroup_storage,
    queue,
    lpm_trie,
    bloom_filter,
    arena,
};

/// Sizes that an attribute may have: `min` to `max` in steps of `step`.
struct SizeRule {
    std::uint32_t min;
    std::uint32_t max;
    std::uint32_t step;

    [[nodiscard]] constexpr bool allows(std::uint32_t size) const {
        return size >= min && size <= max && (size - min) % step == 0;
    }
    /// "0", "4", "4 or 8", "at least 1", "8 to 1016 in steps of 8".
    [[nodiscard]] std::string text() const;
};

/// Values that `max_entries` may have.
enum class EntryRule : std::uint8_t {
    some,   ///< At least 1.
    none,   ///< Must be 0.
    pages,  ///< Bytes: a power of two and a multiple of the page size.
};

/// One row of the table.
struct MapTypeInfo {
    MapType type;
    std::string_view name;
    MapFamily family;
    SizeRule keys;
    SizeRule values;
    EntryRule entries;
    bool per_cpu;  ///< One value per possible CPU for each key.
    std::uint32_t flags;
    std::string_view summary;

    [[nodiscard]] constexpr bool implemented() const { return family != MapFamily::none; }
};

/// All map types in the kernel's order, without `unspec`.
std::span<const MapTypeInfo> map_type_table();

/// The row of `type`, or null for `unspec` and numbers that are no type.
const MapTypeInfo* map_type_info(MapType type);

}  // namespace bpftwin
