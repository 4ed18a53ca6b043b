// Global variables: each data section becomes an array map with one element (libbpf's internal
// maps).
#include <elf.h>
#include <linux/bpf.h>

#include <algorithm>
#include <array>
#include <cctype>
#include <cstring>

#include "fmt/format.h"
#include "loader/maps.h"

namespace bpftwin {
namespace {

/// A zeroed section needs no bytes in the file; this bounds what a few bytes can ask for.
constexpr std::uint64_t most_zeroed_bytes = 64u << 20;

constexpr std::size_t kernel_name_length = BPF_OBJ_NAME_LEN - 1;
constexpr std::string_view arena_section = ".addr_space.1";

enum class DataKind : std::uint8_t { data, rodata, bss };

struct DataSection {
    std::string_view name;
    std::uint32_t elf_type;
    DataKind kind;
};

constexpr auto data_sections = std::to_array<DataSection>({
    {".data", SHT_PROGBITS, DataKind::data},
    {".rodata", SHT_PROGBITS, DataKind::rodata},
    {".bss", SHT_NOBITS, DataKind::bss},
});

std::optional<DataKind> data_kind(const ElfSection& section) {
    for (const auto& row : data_sections) {
        if (section.type != row.elf_type || !section.name.starts_with(row.name)) continue;
        auto rest = section.name.substr(row.name.size());
        if (rest.empty() || rest.starts_with('.')) return row.kind;
    }
    return std::nullopt;
}

char kernel_name_char(char c) {
    return std::isalnum(static_cast<unsigned char>(c)) || c == '_' || c == '.' ? c : '_';
}

/// "my_objec.rodata": as much of the object's name as fits before a suffix that counts as at least
/// seven characters. Of sections with a second dot only the suffix is left.
std::string kernel_name(std::string_view object, std::string_view section) {
    auto suffix = std::clamp(section.size(), std::size_t{7}, kernel_name_length);
    bool custom = section.find('.', 1) != std::string_view::npos;
    auto prefix = custom ? std::string_view() : object.substr(0, kernel_name_length - suffix);
    auto name = fmt::format("{}{}", prefix, section.substr(0, suffix));
    std::ranges::transform(name, name.begin(), kernel_name_char);
    return name;
}

/// What libbpf finds the map by: for `.data.*` and `.rodata.*` the section's whole name, of which
/// the kernel gets the beginning (map_uses_real_name).
std::string map_name(std::string_view object, std::string_view section, DataKind kind) {
    bool custom = section.find('.', 1) != std::string_view::npos;
    if (custom && kind != DataKind::bss) return std::string(section);
    return kernel_name(object, section);
}

/// Whether user space is to see a variable of the section: then the map can be mapped.
bool is_mappable(const Btf& btf, std::uint32_t datasec) {
    return std::ranges::any_of(btf.section_vars(btf.type(datasec)), [&](const BtfSectionVar& var) {
        const auto& type = btf.type(var.type);
        return type.kind == BtfKind::var && type.linkage != BtfLinkage::static_;
    });
}

/// An array with one element, the section.
MapSpec one_value_map(std::string name, std::string_view section, std::uint64_t size) {
    MapSpec spec;
    spec.name = std::move(name);
    spec.type = MapType::array;
    spec.key_size = 4;
    spec.value_size = static_cast<std::uint32_t>(size);
    spec.max_entries = 1;
    spec.section = std::string(section);
    spec.contents.resize(size);
    return spec;
}

void make_constant(MapSpec& spec) {
    spec.map_flags |= BPF_F_RDONLY_PROG;
    spec.frozen = true;
}

MapSpec data_map(const ElfSection& section, DataKind kind, std::string_view object) {
    MapSpec spec = one_value_map(map_name(object, section.name, kind), section.name, section.size);
    std::ranges::copy(section.data, spec.contents.begin());
    if (kind == DataKind::rodata) make_constant(spec);
    return spec;
}

void add_types(MapSpec& spec, const Btf& btf) {
    const auto datasec = btf.find(spec.section, BtfKind::datasec);
    if (!datasec) return;
    spec.btf_value_type_id = *datasec;
    if (is_mappable(btf, *datasec)) spec.map_flags |= BPF_F_MMAPABLE;
}

Result<void> check_zeroed(const ElfFile& elf) {
    std::uint64_t total = 0;
    for (const auto& section : elf.sections()) {
        if (data_kind(section) != DataKind::bss) continue;
        if (section.size > most_zeroed_bytes - total)
            return fail(fmt::format("section {}: {} bytes; at most {} are supported", section.name,
                                    section.size, most_zeroed_bytes));
        total += section.size;
    }
    return {};
}

}  // namespace

Result<std::vector<PlacedMap>> data_maps(const ElfFile& elf, const Btf* btf,
                                         std::string_view object) {
    if (auto size = check_zeroed(elf); !size) return std::unexpected(size.error());
    std::vector<PlacedMap> maps;
    for (const auto& section : elf.sections()) {
        auto kind = data_kind(section);
        if (!kind || section.size == 0) continue;
        PlacedMap map;
        map.spec = data_map(section, *kind, object);
        map.globals = section.index;
        if (btf) add_types(map.spec, *btf);
        maps.push_back(std::move(map));
    }
    return maps;
}

PlacedMap config_map(const DatasecLayout& layout, const Btf& btf, std::string_view object) {
    PlacedMap map;
    map.spec = one_value_map(kernel_name(object, layout.name), layout.name, layout.size);
    make_constant(map.spec);
    add_types(map.spec, btf);
    return map;
}

Result<void> place_arena(const ElfFile& elf, std::vector<PlacedMap>& maps) {
    const auto* section = elf.section(arena_section);
    if (!section || section->data.empty()) return {};
    auto is_arena = [](const PlacedMap& map) { return map.spec.type == MapType::arena; };
    if (std::ranges::count_if(maps, is_arena) != 1)
        return fail(fmt::format("section {}: its variables need exactly one map of type arena",
                                section->name));
    auto arena = std::ranges::find_if(maps, is_arena);
    arena->spec.contents.assign(section->data.begin(), section->data.end());
    arena->globals = section->index;
    return {};
}

}  // namespace bpftwin
