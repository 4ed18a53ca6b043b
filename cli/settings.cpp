#include "cli/settings.h"

#include <algorithm>

#include "cli/hex.h"
#include "cli/values.h"
#include "fmt/format.h"
#include "fmt/ranges.h"

namespace bpftwin::cli {
namespace {

Error at(const Setting& setting, const Error& error) {
    const auto& [map, key, value] = setting;
    return error.in(fmt::format("--set {} {} {}", map, key, value));
}

std::string names(const std::vector<MapSpec>& maps) {
    std::vector<std::string_view> list;
    for (const MapSpec& map : maps) list.push_back(map.is_data() ? map.section : map.name);
    return list.empty() ? "no maps" : fmt::format("{}", fmt::join(list, ", "));
}

/// A map by its name, or a data section by the section's.
Result<MapSpec*> find_map(ObjectSpec& object, const std::string& name) {
    if (MapSpec* map = object.map(name)) return map;
    auto found = std::ranges::find(object.maps, name, &MapSpec::section);
    if (!name.empty() && found != object.maps.end()) return &*found;
    return fail(fmt::format("no such map; the object has {}", names(object.maps)));
}

Result<void> set_global(const ObjectSpec& object, MapSpec& map, std::string_view name,
                        std::string_view text) {
    auto variables = globals(object, map);
    auto found = std::ranges::find(variables, name, &Global::name);
    if (found == variables.end()) {
        std::vector<std::string_view> known;
        for (const Global& global : variables) known.push_back(global.name);
        return fail(fmt::format(
            "no such variable; {} has {}", map.section,
            known.empty() ? "none with BTF" : fmt::format("{}", fmt::join(known, ", "))));
    }
    auto value = parse_typed(found->type, text);
    if (!value) return std::unexpected(value.error());
    map.contents.resize(map.value_size);
    std::ranges::copy(*value, map.contents.begin() + found->offset);
    return {};
}

/// Whether the value is a program's or map's name that a slot of `map` can hold.
bool names_target(const ObjectSpec& object, const MapSpec& map, std::string_view value) {
    if (map.type == MapType::prog_array) return object.program(value) != nullptr;
    bool holds_maps = map.type == MapType::array_of_maps || map.type == MapType::hash_of_maps;
    return holds_maps && object.map(value) != nullptr;
}

Result<void> set_slot(MapSpec& map, std::string_view key, const std::string& target) {
    auto index = parse_integer(key);
    if (!index) return std::unexpected(index.error());
    if (map.type != MapType::hash_of_maps && *index >= map.max_entries) {
        return fail(fmt::format("index {} is not below max_entries {}", *index, map.max_entries));
    }
    std::erase_if(map.slots, [&](const MapSlot& slot) { return slot.index == *index; });
    map.slots.push_back({static_cast<std::uint32_t>(*index), target});
    return {};
}

/// @return whether the setting was one for the definition.
Result<bool> edit(ObjectSpec& object, const Setting& setting) {
    const auto& [name, key, value] = setting;
    auto map = find_map(object, name);
    if (!map) return std::unexpected(map.error());
    bool slot = names_target(object, **map, value);
    if (!(*map)->is_data() && !slot) return false;
    auto done = slot ? set_slot(**map, key, value) : set_global(object, **map, key, value);
    return done ? Result<bool>(true) : std::unexpected(done.error());
}

/// A record of as many bytes as the text says.
Result<void> send(MapView& map, std::string_view key, std::string_view text) {
    constexpr std::string_view prefix = "hex:";
    if (key != "-") return fail("a user_ringbuf has no keys; give - as KEY");
    if (!text.starts_with(prefix)) return fail("a record of a user_ringbuf is given as hex:BYTES");
    const auto record = parse_hex(text.substr(prefix.size()));
    return record ? map.send(*record) : std::unexpected(record.error());
}

Result<void> store(Instance& instance, const ObjectSpec& object, const Setting& setting) {
    const auto& [name, key_text, value_text] = setting;
    MapView* map = instance.map(name);
    if (map == nullptr) return fail("the engine did not create this map");
    if (map->spec().type == MapType::user_ringbuf) return send(*map, key_text, value_text);
    auto key = parse_typed(key_type(object, map->spec()), key_text);
    if (!key) return std::unexpected(key.error().in("key"));
    auto value = parse_typed(value_type(object, map->spec()), value_text);
    if (!value) return std::unexpected(value.error().in("value"));
    constexpr std::uint64_t any = 0;
    return map->update(*key, {std::move(*value)}, any);
}

}  // namespace

Result<std::vector<Setting>> edit_definition(ObjectSpec& object,
                                             std::span<const Setting> settings) {
    std::vector<Setting> rest;
    for (const Setting& setting : settings) {
        auto edited = edit(object, setting);
        if (!edited) return std::unexpected(at(setting, edited.error()));
        if (!*edited) rest.push_back(setting);
    }
    return rest;
}

Result<void> store_settings(Instance& instance, const ObjectSpec& object,
                            std::span<const Setting> settings) {
    for (const Setting& setting : settings) {
        auto stored = store(instance, object, setting);
        if (!stored) return std::unexpected(at(setting, stored.error()));
    }
    return {};
}

}  // namespace bpftwin::cli
