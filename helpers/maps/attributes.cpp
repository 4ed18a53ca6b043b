#include "helpers/maps/attributes.h"

#include <unistd.h>

#include <algorithm>
#include <bit>
#include <cerrno>
#include <limits>

#include "fmt/format.h"
#include "helpers/maps/type_info.h"

namespace bpftwin {
namespace {

// Limits of the kernel's allocators on 64-bit machines.
constexpr std::uint64_t kmalloc_max_size = 4U << 20;
constexpr std::uint64_t hash_element_header = 48;  // sizeof(struct htab_elem)
constexpr std::uint64_t lpm_max_value_size =
    kmalloc_max_size - 256 - 24;  // sizeof(struct lpm_trie_node)
constexpr std::uint32_t percpu_max_size = 32U << 10;
constexpr std::uint32_t largest_owned = 65535 - 128;  // BPF_LOCAL_STORAGE_MAX_VALUE_SIZE.
constexpr std::uint32_t hash_max_entries = 1U << 27;  // Buckets of 16 bytes fill 4 GiB.
constexpr std::uint32_t deepest_stack = 127;          // sysctl_perf_event_max_stack.
constexpr std::uint32_t most_stacks = 1U << 31;
constexpr std::uint64_t most_hash_functions = 15;
constexpr std::uint32_t device_hash_max_entries = 1U << 31;

std::unexpected<Error> refuse(const MapSpec& spec, std::string_view what, int code) {
    return fail(fmt::format("map {}: {}", spec.name, what), code);
}

std::unexpected<Error> wrong_size(const MapSpec& spec, const MapTypeInfo& info,
                                  std::string_view attribute, std::uint32_t is,
                                  std::string_view must_be) {
    return refuse(
        spec, fmt::format("{} is {}; for type {} it must be {}", attribute, is, info.name, must_be),
        EINVAL);
}

constexpr bool has_all(std::uint32_t flags, std::uint32_t wanted) {
    return (flags & wanted) == wanted;
}

/// The kernel looks at the size of these types' values first (cgroup_storage_map_alloc).
bool is_too_large_first(const MapSpec& spec, const MapTypeInfo& info) {
    if (info.family == MapFamily::cgroup_storage)
        return info.keys.allows(spec.key_size) &&
               spec.value_size > (info.per_cpu ? percpu_max_size : largest_owned);
    return info.family == MapFamily::bloom_filter && spec.value_size > kmalloc_max_size;
}

Result<void> check_common(const MapSpec& spec, const MapTypeInfo& info) {
    const bool has_extra = spec.type == MapType::bloom_filter || spec.type == MapType::arena;
    if (!has_extra && spec.map_extra != 0)
        return refuse(spec, "map_extra must be 0 for this type", EINVAL);
    if (has_all(spec.map_flags, map_flag::rdonly | map_flag::wronly))
        return refuse(spec, "map_flags has both rdonly and wronly", EINVAL);
    if ((spec.map_flags & map_flag::numa_node) != 0 && spec.numa_node != 0)
        return refuse(spec, fmt::format("numa_node {} does not exist", spec.numa_node), EINVAL);
    if (is_too_large_first(spec, info)) return refuse(spec, "value_size is too large", E2BIG);
    if (spec.type == MapType::bloom_filter && spec.map_extra > most_hash_functions)
        return refuse(spec, "map_extra, the number of hash functions, is over 15", EINVAL);
    if (has_all(spec.map_flags, map_flag::rdonly_prog | map_flag::wronly_prog))
        return refuse(spec, "map_flags has both rdonly_prog and wronly_prog", EINVAL);
    return {};
}

Result<void> check_flags(const MapSpec& spec, const MapTypeInfo& info) {
    const bool lru = info.family == MapFamily::lru_hash;
    const std::uint32_t refused_later = lru ? map_flag::no_prealloc : 0;
    if (const auto unknown = spec.map_flags & ~(info.flags | refused_later); unknown != 0)
        return refuse(
            spec,
            fmt::format("map_flags {} not allowed for type {}", map_flags_text(unknown), info.name),
            EINVAL);
    if ((spec.map_flags & refused_later) != 0)
        return refuse(spec, "no_prealloc is not supported for LRU maps", enotsupp);
    if (spec.type == MapType::lpm_trie && (spec.map_flags & map_flag::no_prealloc) == 0)
        return refuse(spec, "an lpm_trie needs the flag no_prealloc", EINVAL);
    const bool per_cpu_lists = (spec.map_flags & map_flag::no_common_lru) != 0;
    const bool per_cpu_memory = info.per_cpu && info.family != MapFamily::cgroup_storage;
    if ((spec.map_flags & map_flag::numa_node) != 0 && (per_cpu_memory || per_cpu_lists))
        return refuse(spec, "numa_node is not allowed for per-CPU memory", EINVAL);
    return {};
}

Result<void> check_entries(const MapSpec& spec, const MapTypeInfo& info) {
    switch (info.entries) {
        case EntryRule::some:
            if (spec.max_entries == 0)
                return wrong_size(spec, info, "max_entries", 0, "at least 1");
            return {};
        case EntryRule::none:
            if (spec.max_entries != 0)
                return wrong_size(spec, info, "max_entries", spec.max_entries, "0");
            return {};
        case EntryRule::pages:
            if (!std::has_single_bit(spec.max_entries) || spec.max_entries % page_size() != 0)
                return wrong_size(spec, info, "max_entries", spec.max_entries,
                                  fmt::format("a power of two and a multiple of {}", page_size()));
            return {};
    }
    bug("EntryRule");
}

Result<void> check_sizes(const MapSpec& spec, const MapTypeInfo& info) {
    if (!info.keys.allows(spec.key_size))
        return wrong_size(spec, info, "key_size", spec.key_size, info.keys.text());
    if (!info.values.allows(spec.value_size))
        return wrong_size(spec, info, "value_size", spec.value_size, info.values.text());
    return check_entries(spec, info);
}

Result<void> check_hash_limits(const MapSpec& spec) {
    if (std::uint64_t{spec.key_size} + spec.value_size >= kmalloc_max_size - hash_element_header)
        return refuse(spec, "key_size and value_size together exceed 4 MiB", E2BIG);
    if (spec.max_entries > hash_max_entries)
        return refuse(spec, fmt::format("max_entries {} is over 2^27", spec.max_entries), E2BIG);
    return {};
}

/// bpf_local_storage_map_alloc_check.
Result<void> check_storage_limits(const MapSpec& spec) {
    if ((spec.map_flags & map_flag::no_prealloc) == 0)
        return refuse(spec, "values of objects need the flag no_prealloc", EINVAL);
    if (spec.btf_key_type_id == 0 || spec.btf_value_type_id == 0)
        return refuse(spec, "values of objects need BTF types of key and value", EINVAL);
    if (spec.value_size > largest_owned)
        return refuse(spec, fmt::format("value_size is over {}", largest_owned), E2BIG);
    return {};
}

Result<void> check_stack_limits(const MapSpec& spec) {
    const bool build_ids = (spec.map_flags & map_flag::stack_build_id) != 0;
    const std::uint32_t frame = build_ids ? 32 : 8;
    if (spec.value_size % frame != 0 || spec.value_size / frame > deepest_stack)
        return refuse(spec,
                      fmt::format("value_size is {}; it must be at most {} frames of {} bytes",
                                  spec.value_size, deepest_stack, frame),
                      EINVAL);
    if (spec.max_entries > most_stacks) return refuse(spec, "max_entries is over 2^31", E2BIG);
    return {};
}

/// arena_map_alloc.
Result<void> check_arena_limits(const MapSpec& spec) {
    constexpr std::uint64_t most = std::uint64_t{1} << 32;
    const std::uint64_t bytes = std::uint64_t{spec.max_entries} * page_size();
    if ((spec.map_flags & map_flag::mmapable) == 0)
        return refuse(spec, "an arena needs the flag mmapable", EINVAL);
    if (spec.map_extra % page_size() != 0)
        return refuse(spec, "map_extra, its address, is not that of a page", EINVAL);
    if (bytes > most) return refuse(spec, "it is over 4 GiB", E2BIG);
    if (spec.map_extra / most != (spec.map_extra + bytes - 1) / most)
        return refuse(spec, "it lies on both sides of a multiple of 4 GiB", ERANGE);
    return {};
}

Result<void> check_limits(const MapSpec& spec, const MapTypeInfo& info) {
    if (info.per_cpu && spec.value_size > percpu_max_size)
        return refuse(spec, "per-CPU values are at most 32768 bytes", E2BIG);
    switch (info.family) {
        case MapFamily::array:
            if (spec.value_size > std::numeric_limits<std::int32_t>::max())
                return refuse(spec, "value_size is over 2^31 - 1", E2BIG);
            return {};
        case MapFamily::hash:
        case MapFamily::lru_hash:
        case MapFamily::map_hash: return check_hash_limits(spec);
        case MapFamily::device_hash:
            if (spec.max_entries > device_hash_max_entries)
                return refuse(spec, "max_entries is over 2^31", EINVAL);
            return {};
        case MapFamily::target_array:
            if (spec.type == MapType::cpumap && spec.max_entries > max_cpus)
                return refuse(spec, "max_entries is over the number of CPUs", E2BIG);
            return {};
        case MapFamily::socket_hash:
            if (spec.key_size > 512)  // MAX_BPF_STACK.
                return refuse(spec, "key_size is over 512", E2BIG);
            if (spec.max_entries > hash_max_entries)
                return refuse(spec, "max_entries is over 2^27", EINVAL);
            return {};
        case MapFamily::prog_array:
        case MapFamily::perf_event_array:
        case MapFamily::socket_array:
        case MapFamily::map_array:
        case MapFamily::ring_buffer:
        case MapFamily::user_ring_buffer:
        case MapFamily::bloom_filter:
        case MapFamily::cgroup_array:
        case MapFamily::cgroup_storage:
        case MapFamily::none: return {};
        case MapFamily::arena: return check_arena_limits(spec);
        case MapFamily::local_storage: return check_storage_limits(spec);
        case MapFamily::stack_trace: return check_stack_limits(spec);
        case MapFamily::queue:
            if (spec.value_size > kmalloc_max_size)
                return refuse(spec, "value_size is over 4 MiB", E2BIG);
            return {};
        case MapFamily::lpm_trie:
            if (spec.value_size > lpm_max_value_size)
                return refuse(spec, "value_size is over 4 MiB", EINVAL);
            return {};
    }
    bug("MapFamily");
}

bool is_map_of_maps(MapFamily family) {
    return family == MapFamily::map_array || family == MapFamily::map_hash;
}

Result<void> check_inner(const MapSpec& spec, const MapTypeInfo& info) {
    if (!is_map_of_maps(info.family)) return {};
    if (!spec.inner) return refuse(spec, "a map of maps needs the definition of its maps", EBADF);
    const MapTypeInfo* inner = map_type_info(spec.inner->type);
    if (!inner) return refuse(spec, "the inner map's type does not exist", EBADF);
    if (is_map_of_maps(inner->family))
        return refuse(spec, "an inner map cannot itself be a map of maps", EINVAL);
    if (inner->family == MapFamily::prog_array)
        return refuse(spec, "a prog_array cannot be an inner map", enotsupp);
    return {};
}

// map_check_btf in kernel/bpf/syscall.c.
bool may_hold_spin_lock(const MapSpec& spec, const MapTypeInfo& info) {
    return spec.type == MapType::hash || spec.type == MapType::array ||
           spec.type == MapType::cgroup_storage || info.family == MapFamily::local_storage;
}

Result<void> check_fields(const MapSpec& spec, const MapTypeInfo& info, const ValueFields& fields) {
    if (!fields.spin_lock) return {};
    if ((spec.map_flags & (map_flag::rdonly_prog | map_flag::wronly_prog)) != 0)
        return refuse(spec, "a value with a bpf_spin_lock must be readable and writable", EACCES);
    if (!may_hold_spin_lock(spec, info))
        return refuse(spec, "values of this type cannot hold a bpf_spin_lock", EOPNOTSUPP);
    if (std::uint64_t{*fields.spin_lock} + 4 > spec.value_size || *fields.spin_lock % 4 != 0)
        return refuse(spec, "the bpf_spin_lock is not inside the value", EINVAL);
    return {};
}

// Flags of the descriptor, not of the map.
constexpr std::uint32_t permanent(std::uint32_t flags) {
    return flags & ~(map_flag::rdonly | map_flag::wronly);
}

}  // namespace

std::uint32_t page_size() {
    static const auto size = static_cast<std::uint32_t>(sysconf(_SC_PAGESIZE));
    return size;
}

Result<void> check_map_attributes(const MapSpec& spec, const ValueFields& fields) {
    const MapTypeInfo* info = map_type_info(spec.type);
    if (!info)
        return refuse(spec, fmt::format("no map type {}", static_cast<unsigned>(spec.type)),
                      EINVAL);
    if (auto r = check_common(spec, *info); !r) return r;
    if (auto r = check_flags(spec, *info); !r) return r;
    if (auto r = check_sizes(spec, *info); !r) return r;
    if (auto r = check_limits(spec, *info); !r) return r;
    if (auto r = check_inner(spec, *info); !r) return r;
    return check_fields(spec, *info, fields);
}

MapSpec with_libbpf_defaults(MapSpec spec, std::uint32_t cpu_count) {
    if (spec.type == MapType::perf_event_array && spec.max_entries == 0)
        spec.max_entries = cpu_count;
    const bool ring = spec.type == MapType::ringbuf || spec.type == MapType::user_ringbuf;
    if (ring && spec.max_entries != 0 && spec.max_entries <= 1U << 31)
        spec.max_entries = std::bit_ceil(std::max(spec.max_entries, page_size()));
    return spec;
}

bool fits_as_inner(const MapSpec& meta, const ValueFields& meta_fields, const MapSpec& inner,
                   const ValueFields& inner_fields) {
    if (meta.type != inner.type || meta.key_size != inner.key_size ||
        meta.value_size != inner.value_size || meta_fields != inner_fields ||
        permanent(meta.map_flags) != permanent(inner.map_flags))
        return false;
    const bool fixed_size =
        meta.type == MapType::xskmap ||
        (meta.type == MapType::array && (meta.map_flags & map_flag::inner_map) == 0);
    return !fixed_size || meta.max_entries == inner.max_entries;
}

}  // namespace bpftwin
