// Names of program, attach and map types, derived from the lists.
#include "bpftwin/kinds.h"

#include <array>
#include <span>
#include <utility>

namespace bpftwin {
namespace {

template <class T>
using Named = std::pair<std::string_view, T>;

constexpr auto prog_types = std::to_array<Named<ProgType>>({
#define PROG_TYPE(name, number) {#name, ProgType::name},
#include "bpftwin/prog_type.def"
});
constexpr auto attach_types = std::to_array<Named<AttachType>>({
#define ATTACH_TYPE(name, number) {#name, AttachType::name},
#include "bpftwin/attach_type.def"
});
constexpr auto map_types = std::to_array<Named<MapType>>({
#define BPF_MAP_TYPE(name, number) {#name, MapType::name},
#include "bpftwin/map_type.def"
});

template <class T, std::size_t N>
std::string_view name_in(const std::array<Named<T>, N>& list, T value) {
    for (const auto& [name, entry] : list)
        if (entry == value) return name;
    return {};
}

template <class T, std::size_t N>
std::optional<T> value_in(const std::array<Named<T>, N>& list, std::string_view name) {
    for (const auto& [entry, value] : list)
        if (entry == name) return value;
    return std::nullopt;
}

}  // namespace

std::string_view name_of(ProgType type) { return name_in(prog_types, type); }
std::string_view name_of(AttachType type) { return name_in(attach_types, type); }
std::string_view name_of(MapType type) { return name_in(map_types, type); }

std::optional<ProgType> prog_type_named(std::string_view name) {
    return value_in(prog_types, name);
}
std::optional<AttachType> attach_type_named(std::string_view name) {
    return value_in(attach_types, name);
}
std::optional<MapType> map_type_named(std::string_view name) { return value_in(map_types, name); }

}  // namespace bpftwin
