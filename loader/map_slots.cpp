#include "loader/map_slots.h"

#include "fmt/format.h"

namespace bpftwin {
namespace {

struct SlotReader {
    const ElfFile& elf;
    const Code& code;
    const MapTable& maps;

    Result<std::string> map_name(const ElfSymbol& symbol) const;
    Result<std::string> program_name(const ElfSymbol& symbol) const;
    Result<PlacedSlot> read(const ElfSection& section, const ElfRelocation& relocation) const;
    Result<PlacedSlot> read_element(std::uint32_t index, const ElfRelocation& relocation) const;
};

Result<std::string> SlotReader::map_name(const ElfSymbol& symbol) const {
    auto map = maps.defined_at(symbol.section, static_cast<std::int64_t>(symbol.value));
    if (!map) return fail(fmt::format("'{}' is not a map", elf.display_name(symbol)));
    return maps.maps()[*map].spec.name;
}

Result<std::string> SlotReader::program_name(const ElfSymbol& symbol) const {
    if (const CodeFunction* program = code.entry_at(symbol.section, symbol.value))
        return std::string(program->name);
    return fail(fmt::format("'{}' is not an entry program", elf.display_name(symbol)));
}

Result<PlacedSlot> SlotReader::read_element(std::uint32_t index,
                                            const ElfRelocation& relocation) const {
    const auto& map = maps.maps()[index];
    if (!map.values || relocation.offset < *map.values)
        return fail("a pointer outside of attribute values");
    auto bytes = relocation.offset - *map.values;
    if (bytes % pointer_size != 0)
        return fail(fmt::format("a pointer at byte {} of its values", bytes));
    if (map.spec.type == MapType::hash_of_maps && map.spec.key_size != 4)
        return fail(fmt::format("values need keys of 4 bytes, not {}", map.spec.key_size));
    const auto& symbol = elf.symbols()[relocation.symbol];
    auto target = map.spec.type == MapType::prog_array ? program_name(symbol) : map_name(symbol);
    if (!target) return std::unexpected(target.error());
    return PlacedSlot{index, {static_cast<std::uint32_t>(bytes / pointer_size), *target}};
}

Result<PlacedSlot> SlotReader::read(const ElfSection& section,
                                    const ElfRelocation& relocation) const {
    auto index = maps.covering(section.index, relocation.offset);
    if (!index)
        return fail(fmt::format("section {}: relocation at {} is inside no map", section.name,
                                relocation.offset));
    auto slot = read_element(*index, relocation);
    if (!slot)
        return std::unexpected(
            slot.error().in(fmt::format("map {}", maps.maps()[*index].spec.name)));
    return slot;
}

}  // namespace

Result<std::vector<PlacedSlot>> map_slots(const ElfFile& elf, const Code& code,
                                          const MapTable& maps) {
    std::vector<PlacedSlot> slots;
    const auto* section = elf.section(".maps");
    if (!section) return slots;
    SlotReader reader{elf, code, maps};
    for (const auto& relocations : elf.sections()) {
        if (!relocations.is_relocations() || relocations.info != section->index) continue;
        auto entries = elf.relocations(relocations);
        if (!entries) return std::unexpected(entries.error());
        for (const auto& entry : *entries) {
            auto slot = reader.read(*section, entry);
            if (!slot) return std::unexpected(slot.error());
            slots.push_back(std::move(*slot));
        }
    }
    return slots;
}

}  // namespace bpftwin
