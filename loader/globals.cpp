// Global variables of an object by name and path (bpftwin/edit.h).
#include <algorithm>
#include <cstring>
#include <optional>

#include "bpftwin/edit.h"
#include "btf/btf.h"
#include "btf/format.h"
#include "btf/near_names.h"
#include "fmt/format.h"

namespace bpftwin {
namespace {

/// "cfg.ports[2]" taken apart.
struct Path {
    std::string_view variable;  ///< "cfg".
    std::string_view rest;      ///< ".ports[2]".
};

/// A variable and the map that it is in.
struct Placed : GlobalVariable {
    const MapSpec* map;
};

std::vector<Placed> all_globals(const ObjectSpec& object) {
    std::vector<Placed> all;
    for (const MapSpec& map : object.maps)
        for (const GlobalVariable& global : globals_of(object, map)) all.push_back({global, &map});
    return all;
}

/// Sections with variables that BTF does not describe.
std::string undescribed(const ObjectSpec& object) {
    std::string list;
    for (const MapSpec& map : object.maps)
        if (map.is_data() && globals_of(object, map).empty())
            list += (list.empty() ? "" : ", ") + map.section;
    return list;
}

Error unknown(const ObjectSpec& object, std::string_view name, std::span<const Placed> globals) {
    std::vector<std::string_view> names;
    for (const Placed& global : globals) names.push_back(global.name);
    std::string message =
        fmt::format("global {}: no such variable; {}", name,
                    suggestion(name, names, "there are", "the object has none with BTF"));
    const std::string sections = undescribed(object);
    if (!sections.empty())
        message += fmt::format(
            " (no types for {}: compile with -g, and constants as `const volatile`)", sections);
    return {message};
}

Result<Placed> find_global(const ObjectSpec& object, std::string_view name) {
    const auto globals = all_globals(object);
    const auto found = std::ranges::find(globals, name, &GlobalVariable::name);
    if (found == globals.end()) return std::unexpected(unknown(object, name, globals));
    const auto again =
        std::find_if(found + 1, globals.end(), [&](const auto& g) { return g.name == name; });
    if (again == globals.end()) return *found;
    return fail(fmt::format("global {}: there are several of that name, in {} at {} and {} at {}",
                            name, found->map->section, found->offset, again->map->section,
                            again->offset));
}

/// A name with a dot may be that of a static variable in a function.
Path taken_apart(const ObjectSpec& object, std::string_view place) {
    const auto globals = all_globals(object);
    std::size_t end = place.size();
    while (end != place.npos && end != 0) {
        if (std::ranges::count(globals, place.substr(0, end), &GlobalVariable::name) != 0)
            return {place.substr(0, end), place.substr(end)};
        end = place.find_last_of(".[", end - 1);
    }
    end = std::min(place.find_first_of(".["), place.size());
    return {place.substr(0, end), place.substr(end)};
}

/// Steps that a path may have: the text that is made of them is read recursively.
constexpr unsigned max_steps = 64;

/// The initialiser that sets only what the path leads to: ".ports[2]" and "7" make
/// "{.ports = {[2] = 7}}".
Result<std::string> initialiser(std::string_view path, std::string_view value) {
    std::string opening, closing;
    for (unsigned steps = 0; !path.empty(); ++steps) {
        const bool is_index = path.front() == '[';
        const std::size_t end =
            is_index ? path.find(']') : std::min(path.find_first_of(".[", 1), path.size());
        const bool is_step = (is_index || path.front() == '.') && end != path.npos && end > 1;
        if (!is_step || steps == max_steps ||
            path.substr(0, end).find_first_of(" ,={}") != path.npos)
            return fail(fmt::format("expected '.member' or '[index]', found '{}'", path));
        const auto step = path.substr(0, is_index ? end + 1 : end);
        opening += fmt::format("{{{} = ", step);
        closing += '}';
        path.remove_prefix(step.size());
    }
    return fmt::format("{}{}{}", opening, value, closing);
}

std::span<std::byte> storage(ObjectSpec& object, const Placed& global) {
    MapSpec& map = object.maps[static_cast<std::size_t>(global.map - object.maps.data())];
    map.contents.resize(map.value_size);
    return std::span(map.contents).subspan(global.offset, global.size);
}

}  // namespace

std::vector<GlobalVariable> globals_of(const ObjectSpec& object, const MapSpec& map) {
    std::vector<GlobalVariable> globals;
    if (!object.btf || !map.is_data()) return globals;
    const Btf& btf = *object.btf;
    for (const BtfSectionVar& var : btf.section_vars(btf.type(map.btf_value_type_id))) {
        const BtfType& variable = btf.type(var.type);
        if (std::uint64_t{var.offset} + var.size > map.value_size) continue;
        globals.push_back({variable.name, var.offset, var.size, variable.type});
    }
    return globals;
}

Result<void> edit_global(ObjectSpec& object, std::string_view place, std::string_view value) {
    const Path path = taken_apart(object, place);
    const auto global = find_global(object, path.variable);
    if (!global) return std::unexpected(global.error());
    const auto in_place = [&](const Error& e) {
        return std::unexpected(e.in(fmt::format("global {}", place)));
    };
    const auto text = initialiser(path.rest, value);
    if (!text) return in_place(text.error());
    const auto bytes = storage(object, *global);
    const auto edited =
        edit_value(*object.btf, global->type_id, Bytes(bytes.begin(), bytes.end()), *text);
    if (!edited) return in_place(edited.error());
    return edit_global(object, path.variable, *edited);
}

Result<void> edit_global(ObjectSpec& object, std::string_view name, ByteView value) {
    const auto global = find_global(object, name);
    if (!global) return std::unexpected(global.error());
    if (value.size() != global->size)
        return fail(
            fmt::format("global {}: {} bytes given, {} needed", name, value.size(), global->size));
    std::ranges::copy(value, storage(object, *global).begin());
    return {};
}

}  // namespace bpftwin
