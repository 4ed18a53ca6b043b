#include "helpers/maps/sharing.h"

#include <algorithm>
#include <array>

#include "bpftwin/kinds.h"
#include "fmt/format.h"

namespace bpftwin {
namespace {

/// What programs, or the rules of updates, depend on.
struct Attribute {
    std::string_view name;
    std::uint64_t (*of)(const MapSpec& spec);
};

constexpr auto attributes = std::to_array<Attribute>({
    {"key size", [](const MapSpec& spec) -> std::uint64_t { return spec.key_size; }},
    {"value size", [](const MapSpec& spec) -> std::uint64_t { return spec.value_size; }},
    {"max_entries", [](const MapSpec& spec) -> std::uint64_t { return spec.max_entries; }},
    {"flags", [](const MapSpec& spec) -> std::uint64_t { return spec.map_flags; }},
    {"map_extra", [](const MapSpec& spec) -> std::uint64_t { return spec.map_extra; }},
});

bool belongs_to_one_object(MapType type) {
    return type == MapType::prog_array || type == MapType::array_of_maps ||
           type == MapType::hash_of_maps;
}

}  // namespace

Result<void> check_sharing(const MapSpec& wanted, const MapSpec& other) {
    const auto cannot = [&](std::string_view why) {
        return fail(fmt::format("cannot be the other instance's map {}: {}", other.name, why));
    };
    if (wanted.type != other.type)
        return cannot(fmt::format("its type is {}, there it is {}", name_of(wanted.type),
                                  name_of(other.type)));
    if (belongs_to_one_object(wanted.type))
        return cannot(
            fmt::format("a map of type {} holds what belongs to one object", name_of(wanted.type)));
    for (const Attribute& attribute : attributes)
        if (attribute.of(wanted) != attribute.of(other))
            return cannot(fmt::format("its {} is {}, there it is {}", attribute.name,
                                      attribute.of(wanted), attribute.of(other)));
    return {};
}

std::optional<std::size_t> index_of_map(const ObjectSpec& object, std::string_view name) {
    const auto found = std::ranges::find(object.maps, name, &MapSpec::name);
    if (found == object.maps.end()) return std::nullopt;
    return static_cast<std::size_t>(found - object.maps.begin());
}

Result<void> check_shared_names(const ObjectSpec& object, const SharedMaps& shared) {
    for (const auto& [name, map] : shared) {
        if (!index_of_map(object, name))
            return fail(fmt::format("no map '{}' in {} to be shared", name, object.name));
        if (!map) return fail(fmt::format("map {}: the other instance has no such map", name));
    }
    return {};
}

}  // namespace bpftwin
