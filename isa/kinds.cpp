// Names and first kernels of program, attach and map types, derived from the lists.
#include "bpftwin/kinds.h"

#include <array>
#include <span>

namespace bpftwin {
namespace {

template <class T>
struct Row {
    std::string_view name;
    T value;
    std::string_view since = {};
};

constexpr auto prog_type_rows = std::to_array<Row<ProgType>>({
#define PROG_TYPE(name, number, since) {#name, ProgType::name, since},
#include "bpftwin/prog_type.def"
});
constexpr auto attach_type_rows = std::to_array<Row<AttachType>>({
#define ATTACH_TYPE(name, number) {#name, AttachType::name},
#include "bpftwin/attach_type.def"
});
constexpr auto map_type_rows = std::to_array<Row<MapType>>({
#define BPF_MAP_TYPE(name, number, since) {#name, MapType::name, since},
#include "bpftwin/map_type.def"
});

constexpr auto prog_type_values = [] {
    std::array<ProgType, prog_type_rows.size() - 1> values{};
    for (std::size_t i = 0; i < values.size(); ++i) values[i] = prog_type_rows[i + 1].value;
    return values;
}();

template <class T, std::size_t N>
Row<T> row_of(const std::array<Row<T>, N>& rows, T value) {
    for (const Row<T>& row : rows)
        if (row.value == value) return row;
    return {};
}

template <class T, std::size_t N>
std::optional<T> value_in(const std::array<Row<T>, N>& rows, std::string_view name) {
    for (const Row<T>& row : rows)
        if (row.name == name) return row.value;
    return std::nullopt;
}

}  // namespace

std::string_view name_of(ProgType type) { return row_of(prog_type_rows, type).name; }
std::string_view name_of(AttachType type) { return row_of(attach_type_rows, type).name; }
std::string_view name_of(MapType type) { return row_of(map_type_rows, type).name; }

std::string_view since(ProgType type) { return row_of(prog_type_rows, type).since; }
std::string_view since(MapType type) { return row_of(map_type_rows, type).since; }

std::span<const ProgType> prog_types() { return prog_type_values; }

std::optional<ProgType> prog_type_named(std::string_view name) {
    return value_in(prog_type_rows, name);
}
std::optional<AttachType> attach_type_named(std::string_view name) {
    return value_in(attach_type_rows, name);
}
std::optional<MapType> map_type_named(std::string_view name) {
    return value_in(map_type_rows, name);
}

}  // namespace bpftwin
