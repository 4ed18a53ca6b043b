// Maps and programs of an object, changed by name (bpftwin/edit.h).
#include "bpftwin/edit.h"

#include <algorithm>

#include "btf/btf.h"
#include "btf/near_names.h"
#include "fmt/format.h"

namespace bpftwin {
namespace {

/// As much as an object may ask for by itself (loader/data_sections.cpp).
constexpr std::uint32_t most_section_bytes = 64U << 20;

template <class Spec>
Error unknown(std::string_view what, std::string_view name, const std::vector<Spec>& specs) {
    std::vector<std::string_view> names;
    for (const Spec& spec : specs) names.push_back(spec.name);
    return {fmt::format("no {} {}; {}", what, name,
                        suggestion(name, names, "there are", "the object has none"))};
}

/// A map by its name, or a data section by the section's.
Result<MapSpec*> find_map(ObjectSpec& object, std::string_view name) {
    if (MapSpec* map = object.map(name)) return map;
    const auto section = std::ranges::find(object.maps, name, &MapSpec::section);
    if (!name.empty() && section != object.maps.end()) return &*section;
    return std::unexpected(unknown("map", name, object.maps));
}

/// Elements that the array at the section's end has when the section is `size` bytes large.
Result<std::uint32_t> last_count(const ObjectSpec& object, std::span<const GlobalVariable> globals,
                                 std::uint32_t size) {
    if (globals.empty()) return fail("BTF does not describe the section; compile with -g");
    const GlobalVariable& last = *std::ranges::max_element(globals, {}, &GlobalVariable::offset);
    const BtfType& type = object.btf->type(object.btf->resolve(last.type_id));
    const std::uint64_t element = object.btf->size_of(type.type).value_or(0);
    if (type.kind != BtfKind::array || element == 0)
        return fail(fmt::format("its last variable, {}, is not an array", last.name));
    if (size <= last.offset || (size - last.offset) % element != 0)
        return fail(fmt::format("{} bytes are not {} and whole elements of {} ({} bytes each)",
                                size, last.offset, last.name, element));
    return static_cast<std::uint32_t>((size - last.offset) / element);
}

Result<void> resize_section(ObjectSpec& object, MapSpec& map, std::uint32_t size) {
    if (size == map.value_size) return {};
    if (size > most_section_bytes)
        return fail(fmt::format("{} bytes; at most {} are supported", size, most_section_bytes));
    const auto count = last_count(object, globals_of(object, map), size);
    if (!count) return std::unexpected(count.error());
    auto btf = with_last_array(*object.btf, map.btf_value_type_id, *count);
    if (!btf) return std::unexpected(btf.error());
    object.btf = std::move(*btf);
    map.value_size = size;
    map.contents.resize(size);
    return {};
}

/// Why programs that are compiled for `map` cannot use `other`, or nothing.
std::string mismatch(const MapSpec& map, const MapSpec& other) {
    if (other.is_data() != map.is_data() || other.type != map.type)
        return fmt::format("it is a map of type {}, {} is of type {}", name_of(map.type),
                           other.name, name_of(other.type));
    if (other.key_size != map.key_size)
        return fmt::format("its keys have {} bytes, those of {} {}", map.key_size, other.name,
                           other.key_size);
    if (other.value_size != map.value_size)
        return fmt::format("its values have {} bytes, those of {} {}", map.value_size, other.name,
                           other.value_size);
    return {};
}

}  // namespace

Result<void> resize_map(ObjectSpec& object, std::string_view name, std::uint32_t size) {
    const auto map = find_map(object, name);
    if (!map) return std::unexpected(map.error());
    if ((*map)->is_data()) {
        const auto done = resize_section(object, **map, size);
        return done ? done : std::unexpected(done.error().in(fmt::format("map {}", name)));
    }
    const auto beyond = std::ranges::find_if(
        (*map)->slots, [&](const MapSlot& slot) { return slot.index >= size; });
    if (beyond != (*map)->slots.end() && (*map)->type != MapType::hash_of_maps)
        return fail(fmt::format("map {}: slot {} holds {}, so it needs {} entries or more", name,
                                beyond->index, beyond->target, beyond->index + 1));
    (*map)->max_entries = size;
    return {};
}

Result<void> replace_map(ObjectSpec& object, std::string_view name, const MapSpec& other) {
    const auto map = find_map(object, name);
    if (!map) return std::unexpected(map.error());
    if (const std::string why = mismatch(**map, other); !why.empty())
        return fail(fmt::format("map {}: cannot be replaced by {}: {}", name, other.name, why));
    MapSpec replaced = other;
    replaced.name = (*map)->name;
    replaced.section = (*map)->section;
    replaced.btf_key_type_id = (*map)->btf_key_type_id;
    replaced.btf_value_type_id = (*map)->btf_value_type_id;
    **map = std::move(replaced);
    return {};
}

Result<void> choose_autoload(ObjectSpec& object, std::string_view name, bool autoload) {
    ProgramSpec* program = object.program(name);
    if (program == nullptr) return std::unexpected(unknown("program", name, object.programs));
    program->autoload = autoload;
    return {};
}

Result<void> bind_to_device(ObjectSpec& object, std::string_view name) {
    constexpr std::uint32_t device_bound = 1 << 6;  // BPF_F_XDP_DEV_BOUND_ONLY.
    ProgramSpec* program = object.program(name);
    if (program == nullptr) return std::unexpected(unknown("program", name, object.programs));
    if (program->type != ProgType::xdp)
        return fail(
            fmt::format("only XDP programs are bound to a device, not {}", name_of(program->type)));
    program->prog_flags |= device_bound;
    return {};
}

}  // namespace bpftwin
