// Maps of the section `maps`: an array of `struct bpf_map_def` in any of its historic sizes, all
// beginning with libbpf's five words. The kernel's samples add the index of an inner map and a NUMA
// node, iproute2 (`struct bpf_elf_map`) ids that connect inner and outer maps.
#include <linux/bpf.h>

#include <algorithm>
#include <cstring>
#include <limits>
#include <unordered_map>

#include "fmt/format.h"
#include "loader/maps.h"

namespace bpftwin {
namespace {

constexpr std::size_t common_size = 20;
constexpr std::size_t samples_size = 28;
constexpr std::size_t iproute2_size = 36;

/// One definition's words. Which of those after the fifth exist depends on its size.
struct LegacyMap {
    std::string_view name;
    ByteView bytes;

    [[nodiscard]] std::uint32_t word(std::size_t index) const {
        std::uint32_t value;
        std::memcpy(&value, bytes.data() + index * sizeof(value), sizeof(value));
        return value;
    }
    [[nodiscard]] MapType type() const { return static_cast<MapType>(word(0)); }
    [[nodiscard]] bool is_map_in_map() const {
        return type() == MapType::array_of_maps || type() == MapType::hash_of_maps;
    }
};

namespace samples {
constexpr std::size_t inner_map_idx = 5, numa_node = 6;
}
namespace iproute2 {
constexpr std::size_t id = 5, pinning = 6, inner_id = 7, inner_idx = 8;
constexpr std::uint32_t no_index = std::numeric_limits<std::uint32_t>::max();
}  // namespace iproute2

std::vector<const ElfSymbol*> map_symbols(const ElfFile& elf, const ElfSection& section) {
    std::vector<const ElfSymbol*> symbols;
    for (const auto& symbol : elf.symbols())
        if (symbol.section == section.index && !symbol.is_section() && !symbol.name.empty())
            symbols.push_back(&symbol);
    std::ranges::sort(symbols, {},
                      [](const ElfSymbol* symbol) { return std::pair(symbol->value, symbol); });
    auto aliases = std::ranges::unique(symbols, {}, &ElfSymbol::value);
    symbols.erase(aliases.begin(), aliases.end());
    return symbols;
}

Result<std::vector<LegacyMap>> split(const ElfFile& elf, const ElfSection& section) {
    auto symbols = map_symbols(elf, section);
    if (symbols.empty()) return fail("no symbol names a map");
    auto size = section.data.size() / symbols.size();
    if (section.data.size() % symbols.size() != 0 || size < common_size || size % 4 != 0)
        return fail(fmt::format("{} bytes do not divide into {} definitions of at least {} bytes",
                                section.data.size(), symbols.size(), common_size));
    std::vector<LegacyMap> maps;
    for (std::size_t i = 0; i < symbols.size(); ++i) {
        if (symbols[i]->value != i * size)
            return fail(fmt::format("map {}: at {}, expected at {}", symbols[i]->name,
                                    symbols[i]->value, i * size));
        maps.push_back({symbols[i]->name, section.data.subspan(i * size, size)});
    }
    return maps;
}

/// Key and value types, where the object names them with BPF_ANNOTATE_KV_PAIR: a struct that has
/// them as its two members.
void add_types(MapSpec& spec, const Btf& btf) {
    auto id = btf.find("____btf_map_" + spec.name, BtfKind::struct_);
    if (!id || btf.members(btf.type(*id)).size() != 2) return;
    auto key = btf.members(btf.type(*id))[0].type;
    auto value = btf.members(btf.type(*id))[1].type;
    if (btf.size_of(key) != spec.key_size || btf.size_of(value) != spec.value_size) return;
    spec.btf_key_type_id = key;
    spec.btf_value_type_id = value;
}

MapSpec common_part(const LegacyMap& map, const Btf* btf) {
    MapSpec spec;
    spec.name = std::string(map.name);
    spec.type = map.type();
    spec.key_size = map.word(1);
    spec.value_size = map.word(2);
    spec.max_entries = map.word(3);
    spec.map_flags = map.word(4);
    if (btf) add_types(spec, *btf);
    return spec;
}

/// All definitions, also by the word that holds iproute2's id.
struct Definitions {
    std::vector<LegacyMap> maps;
    std::unordered_map<std::uint32_t, const LegacyMap*> by_id;
};

Definitions index_by_id(std::vector<LegacyMap> maps) {
    Definitions all{std::move(maps), {}};
    for (const auto& map : all.maps)
        if (map.bytes.size() == iproute2_size) all.by_id.emplace(map.word(iproute2::id), &map);
    return all;
}

/// The definition that the samples' or iproute2's words name as inner map, or null.
const LegacyMap* inner_of(const LegacyMap& map, const Definitions& all) {
    if (map.bytes.size() == samples_size) {
        auto index = map.word(samples::inner_map_idx);
        return index < all.maps.size() ? &all.maps[index] : nullptr;
    }
    if (map.bytes.size() != iproute2_size) return nullptr;
    auto found = all.by_id.find(map.word(iproute2::inner_id));
    return found == all.by_id.end() ? nullptr : found->second;
}

Result<void> add_inner(MapSpec& spec, const LegacyMap& map, const Definitions& all,
                       const Btf* btf) {
    const auto* inner = inner_of(map, all);
    if (!inner || inner->is_map_in_map()) return fail("no definition of its inner maps");
    spec.inner = std::make_shared<const MapSpec>(common_part(*inner, btf));
    if (map.bytes.size() != iproute2_size) return {};
    auto index = map.word(iproute2::inner_idx);
    if (index != iproute2::no_index) spec.slots.push_back({index, std::string(inner->name)});
    return {};
}

Result<MapSpec> read_map(const LegacyMap& map, const Definitions& all, const Btf* btf) {
    auto spec = common_part(map, btf);
    if (map.bytes.size() == samples_size && (spec.map_flags & BPF_F_NUMA_NODE))
        spec.numa_node = map.word(samples::numa_node);
    if (map.bytes.size() == iproute2_size && map.word(iproute2::pinning) != 0)
        spec.pinning = Pinning::by_name;
    if (map.is_map_in_map())
        if (auto inner = add_inner(spec, map, all, btf); !inner)
            return std::unexpected(inner.error());
    return spec;
}

}  // namespace

Result<std::vector<PlacedMap>> legacy_maps(const ElfFile& elf, const Btf* btf) {
    const auto* section = elf.section("maps");
    if (!section || section->data.empty()) return {};
    auto parts = split(elf, *section);
    if (!parts) return std::unexpected(parts.error().in("section maps"));
    auto all = index_by_id(std::move(*parts));
    std::vector<PlacedMap> maps;
    for (const auto& definition : all.maps) {
        auto spec = read_map(definition, all, btf);
        if (!spec) return std::unexpected(spec.error().in(fmt::format("map {}", definition.name)));
        maps.push_back({.spec = std::move(*spec),
                        .section = section->index,
                        .offset = maps.size() * definition.bytes.size(),
                        .size = definition.bytes.size()});
    }
    return maps;
}

}  // namespace bpftwin
