// What the rows of verifier/map_rules.def say in both directions.
#include "verifier/map_rules.h"

#include <linux/bpf.h>

#include <algorithm>
#include <array>
#include <string_view>

#include "fmt/format.h"
#include "helpers/kind_sets.h"
#include "verifier/attach.h"

namespace bpftwin::verifier {
namespace {

/// Bit n: map type n.
using MapTypes = std::uint64_t;
constexpr MapTypes bit(MapType type) { return MapTypes{1} << static_cast<std::uint32_t>(type); }

struct MapRow {
    MapType map;
    std::array<std::string_view, 6> helpers;  ///< Unused ones are empty.
};

constexpr auto closed_maps = std::to_array<MapRow>({
#define CLOSED(map, ...) {MapType::map, {__VA_ARGS__}},
#define OPEN(helper, ...)
#include "verifier/map_rules.def"
});

struct HelperRow {
    std::string_view helper;
    std::array<MapType, 3> maps;
};

constexpr auto open_helpers = std::to_array<HelperRow>({
#define CLOSED(map, ...)
#define OPEN(helper, ...) {#helper, std::to_array<MapType>({__VA_ARGS__})},
#include "verifier/map_rules.def"
});

bool lists(const MapRow& row, std::string_view helper) {
    return std::ranges::find(row.helpers, helper) != row.helpers.end();
}

/// The helpers that maps of the type are restricted to, or null.
const MapRow* row_of(MapType map) {
    const auto row = std::ranges::find(closed_maps, map, &MapRow::map);
    return row == closed_maps.end() ? nullptr : &*row;
}

/// The map types that the helper is restricted to; 0: none.
MapTypes maps_of(std::string_view helper) {
    constexpr auto general = std::to_array<std::string_view>(
        {"map_lookup_elem", "map_update_elem", "map_delete_elem", "kptr_xchg"});
    MapTypes maps = 0;
    if (std::ranges::find(general, helper) != general.end()) return maps;
    for (const MapRow& row : closed_maps)
        if (lists(row, helper)) maps |= bit(row.map);
    for (const HelperRow& row : open_helpers)
        if (row.helper == helper)
            for (const MapType map : row.maps) maps |= bit(map);
    return maps;
}

/// Program types in which no socket is locked (may_update_sockmap).
constexpr ProgTypes socket_updaters = types::socket_filter | types::tc | types::xdp |
                                      types::sk_reuseport | types::flow_dissector |
                                      types::sk_lookup;

/// Whether the program may call the general helper on a map of sockets.
bool updates_sockets(MapType map, std::string_view helper, const ProgramSpec& program) {
    if (map != MapType::sockmap && map != MapType::sockhash) return false;
    const bool deletes = helper == "map_delete_elem";
    if (!deletes && helper != "map_update_elem") return false;
    if (program.type == ProgType::tracing) return attach_type_of(program) == AttachType::trace_iter;
    if (program.type == ProgType::sock_ops) return deletes;
    return in_set(socket_updaters, program.type);
}

bool is_compatible(MapType map, std::string_view helper, const ProgramSpec& program) {
    const MapRow* row = row_of(map);
    if (row != nullptr && !lists(*row, helper) && !updates_sockets(map, helper, program))
        return false;
    const MapTypes maps = maps_of(helper);
    return maps == 0 || in_set(maps, map);
}

/// is_tracing_prog_type.
constexpr ProgTypes probes = types::kprobe | types::tracepoint | types::perf_event |
                             types::raw_tracepoint | types::raw_tracepoint_writable;

/// Fields that these programs cannot use, in the order in which the kernel asks.
struct FieldRule {
    unsigned fields;
    ProgTypes types;
    std::string_view reason;
};
constexpr auto forbidden_fields = std::to_array<FieldRule>({
    {map_field::list_head | map_field::rb_root, probes,
     "tracing progs cannot use bpf_{list_head,rb_root} yet"},
    {map_field::spin_lock, types::socket_filter,
     "socket filter progs cannot use bpf_spin_lock yet"},
    {map_field::spin_lock, probes, "tracing progs cannot use bpf_spin_lock yet"},
    {map_field::timer, probes, "tracing progs cannot use bpf_timer yet"},
    {map_field::work_queue, probes, "tracing progs cannot use bpf_wq yet"},
});

constexpr MapTypes maps_of_sleepable =
    bit(MapType::hash) | bit(MapType::lru_hash) | bit(MapType::array) | bit(MapType::percpu_hash) |
    bit(MapType::percpu_array) | bit(MapType::lru_percpu_hash) | bit(MapType::array_of_maps) |
    bit(MapType::hash_of_maps) | bit(MapType::ringbuf) | bit(MapType::user_ringbuf) |
    bit(MapType::inode_storage) | bit(MapType::sk_storage) | bit(MapType::task_storage) |
    bit(MapType::cgrp_storage) | bit(MapType::queue) | bit(MapType::stack) | bit(MapType::arena);

}  // namespace

Checked<void> check_map_helper(MapType map, const Helper& helper, const ProgramSpec& program) {
    if (is_compatible(map, helper.name, program)) return {};
    return reject(EINVAL, fmt::format("cannot pass map_type {} into func bpf_{}#{}",
                                      static_cast<std::uint32_t>(map), helper.name, helper.id));
}

Checked<void> check_map_program(const MapSpec& map, unsigned fields, const ProgramSpec& program) {
    for (const FieldRule& row : forbidden_fields)
        if ((row.fields & fields) != 0 && in_set(row.types, program.type))
            return reject(EINVAL, std::string(row.reason));
    if (map.type == MapType::struct_ops)
        return reject(EINVAL, "bpf_struct_ops map cannot be used in prog");
    if ((program.prog_flags & BPF_F_SLEEPABLE) != 0 && !in_set(maps_of_sleepable, map.type))
        return reject(
            EINVAL, "Sleepable programs can only use array, hash, ringbuf and local storage maps");
    return {};
}

}  // namespace bpftwin::verifier
