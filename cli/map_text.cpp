#include "cli/map_text.h"

#include <algorithm>

#include "cli/hex.h"
#include "cli/values.h"
#include "fmt/format.h"

namespace bpftwin::cli {
namespace {

bool all_zero(const Bytes& bytes) {
    return std::ranges::all_of(bytes, [](std::byte b) { return b == std::byte{0}; });
}

/// Arrays have all their entries from the start.
bool starts_full(MapType type) { return type == MapType::array || type == MapType::percpu_array; }

/// Maps whose records are events, not entries.
bool is_stream(MapType type) {
    return type == MapType::ringbuf || type == MapType::user_ringbuf ||
           type == MapType::perf_event_array;
}

bool worth_a_line(MapType type, const MapEntry& entry) {
    return !starts_full(type) || !std::ranges::all_of(entry.values, all_zero);
}

std::string values_text(const ValueType& type, const std::vector<Bytes>& values) {
    if (values.size() == 1) return typed_text(type, values.front());
    std::string text;
    for (std::size_t cpu = 0; cpu < values.size(); ++cpu) {
        if (all_zero(values[cpu])) continue;
        text +=
            fmt::format("{}cpu{} {}", text.empty() ? "" : ", ", cpu, typed_text(type, values[cpu]));
    }
    return text.empty() ? "0 on every CPU" : text;
}

std::string entry_text(const ObjectSpec& object, const MapSpec& map, const MapEntry& entry) {
    std::string key = typed_text(key_type(object, map), entry.key);
    std::string value = values_text(value_type(object, map), entry.values);
    if (entry.values.size() == 1) {
        std::string_view target = target_name(object, map, entry.values.front());
        if (!target.empty()) value = target;
    }
    return fmt::format("  {} -> {}\n", key, value);
}

std::string count_text(const MapSpec& map, std::size_t shown) {
    if (map.type == MapType::arena) return fmt::format("of {} pages", map.max_entries);
    if (shown == 0 && !starts_full(map.type)) return "empty";
    return fmt::format("{} of {} entries{}", shown, map.max_entries,
                       starts_full(map.type) ? " not zero" : "");
}

std::string heading(const MapSpec& map, std::size_t shown, Style style) {
    return fmt::format("{} {} ({}, {})\n", style.bold("map"), style.name(map.name),
                       bpftwin::name_of(map.type), count_text(map, shown));
}

std::string entries_text(const ObjectSpec& object, const FinalMap& map, Style style) {
    std::string lines;
    std::size_t shown = 0;
    for (const MapEntry& entry : map.entries) {
        if (!worth_a_line(map.spec->type, entry)) continue;
        lines += entry_text(object, *map.spec, entry);
        ++shown;
    }
    return heading(*map.spec, shown, style) + lines;
}

std::string globals_text(const ObjectSpec& object, const FinalMap& map, Style style) {
    if (map.spec->frozen || map.entries.empty() || map.entries[0].values.empty()) return {};
    const Bytes& contents = map.entries[0].values[0];
    std::string text = fmt::format("{} {}\n", style.bold("globals"), style.name(map.spec->section));
    auto variables = globals(object, *map.spec);
    for (const Global& global : variables) {
        if (std::uint64_t{global.offset} + global.type.size > contents.size()) continue;
        ByteView value = ByteView(contents).subspan(global.offset, global.type.size);
        text += fmt::format("  {} = {}\n", global.name, typed_text(global.type, value));
    }
    return variables.empty() ? text + hex_dump(contents, "  ") : text;
}

}  // namespace

std::string map_text(const ObjectSpec& object, const FinalMap& map, Style style) {
    if (map.spec->is_data()) return globals_text(object, map, style);
    if (is_stream(map.spec->type)) return {};
    return entries_text(object, map, style);
}

}  // namespace bpftwin::cli
