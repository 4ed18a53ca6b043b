#include "verifier/helper_objects.h"

#include <algorithm>
#include <array>

namespace bpftwin::verifier {
namespace {

template <class Key>
struct StructRow {
    std::string_view name;
    std::array<Key, 6> keys{};
};

template <class Key, std::size_t n>
std::string_view struct_for(const std::array<StructRow<Key>, n>& rows, Key key) {
    for (const auto& row : rows)
        if (std::ranges::find(row.keys, key) != row.keys.end()) return row.name;
    return {};
}

}  // namespace

std::string_view object_taken_by(const Helper& helper) {
    static constexpr auto rows = std::to_array<StructRow<std::string_view>>({
#define TAKES(name, ...) {name, {__VA_ARGS__}},
#define RETURNS(name, helper)
#include "verifier/helper_objects.def"
    });
    return struct_for(rows, helper.name);
}

std::string_view object_returned_by(const Helper& helper) {
    static constexpr auto rows = std::to_array<StructRow<std::string_view>>({
#define TAKES(name, ...)
#define RETURNS(name, helper) {name, {helper}},
#include "verifier/helper_objects.def"
    });
    return struct_for(rows, helper.name);
}

std::string_view struct_of_map(MapType type) {
    using enum MapType;
    static constexpr auto rows = std::to_array<StructRow<MapType>>({
#define MAP_STRUCT(name, ...) {name, {__VA_ARGS__}},
#include "verifier/map_structs.def"
    });
    return struct_for(rows, type);
}

}  // namespace bpftwin::verifier
