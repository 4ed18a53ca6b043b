// BTF-defined maps: a variable in `.maps` whose struct type spells the attributes; an integer is
// the length of an array that a member points to (`int (*max_entries)[64]`), a key or value type is
// what a member points to.
#include <linux/bpf.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <bit>
#include <limits>

#include "fmt/format.h"
#include "loader/maps.h"

namespace bpftwin {
namespace {

constexpr std::size_t most_attributes = 64;

bool is_map_in_map(MapType type) {
    return type == MapType::array_of_maps || type == MapType::hash_of_maps;
}

/// One definition while its attributes are read.
struct Definition {
    const Btf& btf;
    bool inner = false;
    MapSpec spec;
    std::optional<std::uint64_t> values;  ///< Byte offset of the `values` member.
};

Result<MapSpec> inner_spec(const Btf& btf, const BtfType& type, std::string name);

Result<std::uint32_t> integer(const Btf& btf, const BtfMember& member) {
    const auto& pointer = btf.type(btf.resolve(member.type));
    if (pointer.kind != BtfKind::ptr)
        return fail(fmt::format("expected a pointer, not {}", name_of(pointer.kind)));
    const auto& array = btf.type(pointer.type);
    if (array.kind != BtfKind::array)
        return fail(fmt::format("expected a pointer to an array, not {}", name_of(array.kind)));
    return array.count;
}

/// An integer that may need 64 bits: also an enumeration with one value (libbpf's `__ulong`).
Result<std::uint64_t> long_integer(const Btf& btf, const BtfMember& member) {
    const auto& type = btf.type(btf.resolve(member.type));
    if (type.kind != BtfKind::enum_ && type.kind != BtfKind::enum64) return integer(btf, member);
    if (btf.enumerators(type).size() != 1) return fail("expected an enumeration with one value");
    return btf.enumerators(type)[0].value;
}

struct PointedType {
    std::uint32_t id;
    std::uint32_t size;
};

Result<PointedType> pointed_type(const Btf& btf, const BtfMember& member) {
    const auto& pointer = btf.type(member.type);
    if (pointer.kind != BtfKind::ptr)
        return fail(fmt::format("expected a pointer, not {}", name_of(pointer.kind)));
    auto size = btf.size_of(pointer.type);
    if (!size || *size > std::numeric_limits<std::uint32_t>::max())
        return fail(fmt::format("type {} has no size", pointer.type));
    return PointedType{pointer.type, static_cast<std::uint32_t>(*size)};
}

Result<void> agree(std::uint32_t& size, std::uint32_t other) {
    if (size != 0 && size != other)
        return fail(fmt::format("{} bytes, but given as {} before", other, size));
    size = other;
    return {};
}

Result<void> set_type(std::uint32_t& size, std::uint32_t& type_id, const Definition& definition,
                      const BtfMember& member) {
    auto type = pointed_type(definition.btf, member);
    if (!type) return std::unexpected(type.error());
    type_id = type->id;
    return agree(size, type->size);
}

Result<void> set_size(std::uint32_t& size, const Definition& definition, const BtfMember& member) {
    auto value = integer(definition.btf, member);
    if (!value) return std::unexpected(value.error());
    return agree(size, *value);
}

template <auto Field>
Result<void> set_integer(Definition& definition, const BtfMember& member) {
    auto value = integer(definition.btf, member);
    if (!value) return std::unexpected(value.error());
    definition.spec.*Field = *value;
    return {};
}

Result<void> set_map_type(Definition& definition, const BtfMember& member) {
    auto value = integer(definition.btf, member);
    if (!value) return std::unexpected(value.error());
    definition.spec.type = static_cast<MapType>(*value);
    return {};
}

Result<void> set_key(Definition& definition, const BtfMember& member) {
    return set_type(definition.spec.key_size, definition.spec.btf_key_type_id, definition, member);
}

Result<void> set_value(Definition& definition, const BtfMember& member) {
    return set_type(definition.spec.value_size, definition.spec.btf_value_type_id, definition,
                    member);
}

Result<void> set_key_size(Definition& definition, const BtfMember& member) {
    return set_size(definition.spec.key_size, definition, member);
}

Result<void> set_value_size(Definition& definition, const BtfMember& member) {
    return set_size(definition.spec.value_size, definition, member);
}

Result<void> set_map_extra(Definition& definition, const BtfMember& member) {
    auto value = long_integer(definition.btf, member);
    if (!value) return std::unexpected(value.error());
    definition.spec.map_extra = *value;
    return {};
}

Result<void> set_pinning(Definition& definition, const BtfMember& member) {
    if (definition.inner) return fail("an inner map cannot be pinned");
    auto value = integer(definition.btf, member);
    if (!value) return std::unexpected(value.error());
    if (*value > static_cast<std::uint32_t>(Pinning::by_name))
        return fail(fmt::format("unknown way of pinning {}", *value));
    definition.spec.pinning = static_cast<Pinning>(*value);
    return {};
}

/// What an element of `values` points to.
Result<const BtfType*> slot_type(const Btf& btf, const BtfMember& member) {
    const auto& array = btf.type(member.type);
    if (array.kind != BtfKind::array || array.count != 0)
        return fail("expected an array without a length");
    const auto& pointer = btf.type(btf.resolve(array.type));
    if (pointer.kind != BtfKind::ptr)
        return fail(fmt::format("expected an array of pointers, not of {}", name_of(pointer.kind)));
    return &btf.type(btf.resolve(pointer.type));
}

Result<void> set_inner(Definition& definition, const BtfType& type) {
    if (type.kind != BtfKind::struct_)
        return fail(
            fmt::format("expected pointers to map definitions, not {}", name_of(type.kind)));
    auto inner = inner_spec(definition.btf, type, definition.spec.name + ".inner");
    if (!inner) return std::unexpected(inner.error());
    definition.spec.inner = std::make_shared<const MapSpec>(std::move(*inner));
    return {};
}

Result<void> set_values(Definition& definition, const BtfMember& member) {
    if (definition.inner) return fail("an inner map cannot have inner maps");
    auto type = slot_type(definition.btf, member);
    if (!type) return std::unexpected(type.error());
    if (auto size = agree(definition.spec.value_size, 4); !size) return size;
    definition.values = member.bit_offset / 8;
    if (is_map_in_map(definition.spec.type)) return set_inner(definition, **type);
    if (definition.spec.type != MapType::prog_array)
        return fail("only a map of maps or a prog_array can have values");
    if ((*type)->kind != BtfKind::func_proto)
        return fail(fmt::format("expected pointers to functions, not {}", name_of((*type)->kind)));
    return {};
}

struct Attribute {
    std::string_view name;
    Result<void> (*set)(Definition&, const BtfMember&);
};

constexpr auto attributes = std::to_array<Attribute>({
    {"type", set_map_type},
    {"max_entries", set_integer<&MapSpec::max_entries>},
    {"map_flags", set_integer<&MapSpec::map_flags>},
    {"numa_node", set_integer<&MapSpec::numa_node>},
    {"key_size", set_key_size},
    {"value_size", set_value_size},
    {"key", set_key},
    {"value", set_value},
    {"values", set_values},
    {"map_extra", set_map_extra},
    {"pinning", set_pinning},
});

/// The kernel wants a power of two of pages; what is not is rounded up, as libbpf does.
std::uint32_t ring_buffer_size(std::uint32_t size) {
    auto page = static_cast<std::uint64_t>(sysconf(_SC_PAGESIZE));
    if (size == 0) return 0;
    auto rounded = std::max(page, std::bit_ceil(std::uint64_t{size}));
    return rounded <= std::numeric_limits<std::uint32_t>::max()
               ? static_cast<std::uint32_t>(rounded)
               : size;
}

Result<void> read_attribute(Definition& definition, const BtfMember& member) {
    auto attribute = std::ranges::find(attributes, member.name, &Attribute::name);
    if (attribute == attributes.end())
        return fail(fmt::format("unknown attribute '{}'", member.name));
    auto result = attribute->set(definition, member);
    if (!result)
        return std::unexpected(result.error().in(fmt::format("attribute {}", member.name)));
    return result;
}

Result<Definition> read_definition(Definition definition, const BtfType& type) {
    auto members = definition.btf.members(type);
    if (members.size() > most_attributes)
        return fail(
            fmt::format("{} attributes; at most {} make sense", members.size(), most_attributes));
    for (const auto& member : members)
        if (auto result = read_attribute(definition, member); !result)
            return std::unexpected(result.error());
    if (definition.spec.type == MapType::unspec) return fail("has no attribute type");
    if (definition.values && members.back().name != "values")
        return fail("attribute values: must be the last one");

    auto& spec = definition.spec;
    if (spec.type == MapType::ringbuf || spec.type == MapType::user_ringbuf)
        spec.max_entries = ring_buffer_size(spec.max_entries);
    return definition;
}

Definition new_definition(const Btf& btf, std::string name, bool inner) {
    Definition definition{.btf = btf, .inner = inner, .spec = {}};
    definition.spec.name = std::move(name);
    return definition;
}

Result<MapSpec> inner_spec(const Btf& btf, const BtfType& type, std::string name) {
    auto definition = read_definition(new_definition(btf, std::move(name), true), type);
    if (!definition) return std::unexpected(definition.error());
    return std::move(definition->spec);
}

std::string variable_error(const Btf& btf, const BtfSectionVar& var, const ElfSection& section) {
    const auto& type = btf.type(var.type);
    if (type.kind != BtfKind::var) return fmt::format("is a {}", name_of(type.kind));
    if (type.linkage != BtfLinkage::global) return "a map cannot be static or extern";
    if (std::uint64_t{var.offset} + var.size > section.size)
        return fmt::format("{} bytes at {} leave the section of {} bytes", var.size, var.offset,
                           section.size);
    const auto& definition = btf.type(btf.resolve(type.type));
    if (definition.kind != BtfKind::struct_)
        return fmt::format("its type is a {}, not a struct", name_of(definition.kind));
    if (definition.size > var.size)
        return fmt::format("its type has {} bytes, the variable {}", definition.size, var.size);
    return {};
}

Result<PlacedMap> read_map(const Btf& btf, const BtfSectionVar& var, const ElfSection& section) {
    if (auto what = variable_error(btf, var, section); !what.empty()) return fail(what);
    const auto& type = btf.type(var.type);
    auto definition = read_definition(new_definition(btf, std::string(type.name), false),
                                      btf.type(btf.resolve(type.type)));
    if (!definition) return std::unexpected(definition.error());
    PlacedMap map{.spec = std::move(definition->spec),
                  .section = section.index,
                  .offset = var.offset,
                  .size = var.size};
    if (definition->values) map.values = var.offset + *definition->values;
    return map;
}

}  // namespace

Result<std::vector<PlacedMap>> btf_maps(const ElfFile& elf, const Btf* btf) {
    const auto* section = elf.section(".maps");
    if (!section || section->data.empty()) return {};
    auto id = btf ? btf->find(".maps", BtfKind::datasec) : std::nullopt;
    if (!id) return fail("section .maps: no BTF describes it; compile with -g");
    std::vector<PlacedMap> maps;
    for (const auto& var : btf->section_vars(btf->type(*id))) {
        auto map = read_map(*btf, var, *section);
        if (!map)
            return std::unexpected(map.error().in(fmt::format("map {}", btf->type(var.type).name)));
        maps.push_back(std::move(*map));
    }
    std::ranges::sort(maps, {}, &PlacedMap::offset);
    return maps;
}

}  // namespace bpftwin
