// `bpftwin maps`: the maps of an object with every attribute.
#include <memory>

#include "btf/btf.h"
#include "btf/format.h"
#include "cli/command.h"
#include "cli/json.h"
#include "cli/object.h"
#include "cli/table.h"
#include "cli/terminal.h"
#include "cli/values.h"
#include "fmt/format.h"

namespace bpftwin::cli {
namespace {

struct Arguments {
    ObjectArguments object;
    bool json = false;
};

struct FlagName {
    std::string_view name;
    unsigned bit;
};

constexpr FlagName flag_names[] = {
#define MAP_FLAG(name, bit) {#name, bit},
#include "cli/map_flags.def"
};

std::vector<std::string> flags_of(std::uint32_t flags) {
    std::vector<std::string> names;
    for (const FlagName& flag : flag_names) {
        std::uint32_t mask = std::uint32_t{1} << flag.bit;
        if ((flags & mask) != 0) names.emplace_back(flag.name);
        flags &= ~mask;
    }
    if (flags != 0) names.push_back(fmt::format("{:#x}", flags));
    return names;
}

std::string_view pinning_name(Pinning pinning) {
    switch (pinning) {
        case Pinning::none: return "none";
        case Pinning::by_name: return "by_name";
    }
    bug("a pinning without a name");
}

std::string typed_size(const ValueType& type) {
    if (type.size == 0) return {};
    std::string size = fmt::format("{} byte{}", type.size, type.size == 1 ? "" : "s");
    std::string name = type_name(type);
    return name.empty() ? size : fmt::format("{}, {}", name, size);
}

std::string heading(const MapSpec& map, Style style) {
    return fmt::format("{} ({}, {} entr{})\n", style.name(map.name), name_of(map.type),
                       map.max_entries, map.max_entries == 1 ? "y" : "ies");
}

void add_row(Table& table, std::string_view name, std::string value) {
    if (!value.empty()) table.add({std::string(name), std::move(value)});
}

std::string joined(const std::vector<std::string>& list) {
    std::string text;
    for (const std::string& item : list) text += (text.empty() ? "" : ", ") + item;
    return text;
}

std::string slots_text(const MapSpec& map) {
    std::vector<std::string> slots;
    for (const MapSlot& slot : map.slots)
        slots.push_back(fmt::format("{} = {}", slot.index, slot.target));
    return joined(slots);
}

std::string data_text(const ObjectSpec& object, const MapSpec& map) {
    Table table;
    for (const Global& global : globals(object, map)) {
        Bytes value(global.type.size);
        for (std::size_t i = 0; i < value.size() && global.offset + i < map.contents.size(); ++i) {
            value[i] = map.contents[global.offset + i];
        }
        table.add({fmt::format("{}", global.offset),
                   fmt::format("{} = {}", declaration(*object.btf, global.type.id, global.name),
                               typed_text(global.type, value))});
    }
    return table.text("    ");
}

std::string attributes_text(const ObjectSpec& object, const MapSpec& map,
                            const std::string& indent) {
    Table table;
    if (!map.is_data()) {
        add_row(table, "key", typed_size(key_type(object, map)));
        add_row(table, "value", typed_size(value_type(object, map)));
    }
    add_row(table, "flags", joined(flags_of(map.map_flags)));
    if (map.numa_node != 0) add_row(table, "numa node", fmt::format("{}", map.numa_node));
    if (map.map_extra != 0) add_row(table, "map_extra", fmt::format("{:#x}", map.map_extra));
    if (map.pinning != Pinning::none)
        add_row(table, "pinning", std::string(pinning_name(map.pinning)));
    add_row(table, "slots", slots_text(map));
    if (map.is_data()) {
        add_row(table, "data",
                fmt::format("{}, {} bytes{}", map.section, map.value_size,
                            map.frozen ? ", read-only" : ""));
    }
    return table.text(indent + "  ");
}

std::string map_text(const ObjectSpec& object, const MapSpec& map, Style style,
                     const std::string& indent) {
    std::string text = indent + heading(map, style) + attributes_text(object, map, indent);
    if (map.is_data()) text += data_text(object, map);
    if (map.inner != nullptr) {
        text += fmt::format("{}  inner map\n{}", indent,
                            map_text(object, *map.inner, style, indent + "    "));
    }
    return text;
}

std::string text(const ObjectSpec& object, Style style) {
    if (object.maps.empty()) return object.name + ": no maps\n";
    std::string text;
    for (const MapSpec& map : object.maps) text += map_text(object, map, style, "");
    return text;
}

Json type_json(const ValueType& type) {
    std::string name = type_name(type);
    return name.empty() ? Json() : Json(name);
}

Json slots_json(const MapSpec& map) {
    Json list = Json::array();
    for (const MapSlot& slot : map.slots) {
        list.push_back({{"index", slot.index}, {"target", slot.target}});
    }
    return list;
}

Json map_json(const ObjectSpec& object, const MapSpec& map) {
    Json json = {{"name", map.name},
                 {"type", name_of(map.type)},
                 {"key_size", map.key_size},
                 {"value_size", map.value_size},
                 {"max_entries", map.max_entries},
                 {"map_flags", map.map_flags},
                 {"flag_names", flags_of(map.map_flags)},
                 {"numa_node", map.numa_node},
                 {"map_extra", map.map_extra},
                 {"btf_key_type_id", map.btf_key_type_id},
                 {"btf_value_type_id", map.btf_value_type_id},
                 {"key_type", type_json(key_type(object, map))},
                 {"value_type", type_json(value_type(object, map))},
                 {"pinning", pinning_name(map.pinning)},
                 {"slots", slots_json(map)}};
    json["inner"] = map.inner != nullptr ? map_json(object, *map.inner) : Json();
    if (map.is_data()) {
        json["section"] = map.section;
        json["frozen"] = map.frozen;
        json["contents"] = typed_json(value_type(object, map), map.contents);
    }
    return json;
}

Result<Exit> run(const Arguments& arguments) {
    auto object = open_object(arguments.object);
    if (!object) return std::unexpected(object.error());
    if (!arguments.json) {
        print(text(*object, stdout_style()));
        return exit_fine;
    }
    Json list = Json::array();
    for (const MapSpec& map : object->maps) list.push_back(map_json(*object, map));
    print(json_text(Json{{"object", object->name}, {"maps", list}}) + '\n');
    return exit_fine;
}

}  // namespace

Command add_maps(CommandLine& line) {
    auto arguments = std::make_shared<Arguments>();
    Options options = line.add_command("maps", "Show the maps of an object with all attributes");
    add_object_arguments(options, arguments->object);
    options.add_flag("--json", arguments->json, "JSON output (docs/json.md)");
    options.footer("Example:\n  bpftwin maps exec_counter.o");
    return {options, [arguments] { return run(*arguments); }};
}

}  // namespace bpftwin::cli
