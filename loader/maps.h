// The maps of an object and where each stands in its ELF sections.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>
#include <vector>

#include "bpftwin/error.h"
#include "bpftwin/spec.h"
#include "btf/btf.h"
#include "loader/elf.h"

namespace bpftwin {

/// A map, and what the object's symbols may refer to it by.
struct PlacedMap {
    MapSpec spec;
    std::uint32_t section = 0;  ///< Where its definition stands; 0: it has none.
    std::uint64_t offset = 0;   ///< Bytes from that section's start.
    std::uint64_t size = 0;     ///< Bytes of the definition.
    /// Offset in the section of a BTF definition's `values` array, if it has one.
    std::optional<std::uint64_t> values;
    std::uint32_t globals = 0;  ///< Section whose variables it holds; 0: none.
};

/// All maps in libbpf's order: defined ones by position, then data sections.
class MapTable {
public:
    MapTable() = default;
    explicit MapTable(std::vector<PlacedMap> maps);

    [[nodiscard]] const std::vector<PlacedMap>& maps() const { return maps_; }
    /// The definitions alone: contents can be many megabytes, and are moved.
    [[nodiscard]] std::vector<MapSpec> specs() &&;
    /// Index of the map defined at exactly that place.
    [[nodiscard]] std::optional<std::uint32_t> defined_at(std::uint32_t section,
                                                          std::int64_t offset) const;
    /// Index of the definition whose bytes include that offset.
    [[nodiscard]] std::optional<std::uint32_t> covering(std::uint32_t section,
                                                        std::uint64_t offset) const;
    /// Index of the map that holds that section's globals.
    [[nodiscard]] std::optional<std::uint32_t> data_of(std::uint32_t section) const;
    /// Index of the data map that has that section's name.
    [[nodiscard]] std::optional<std::uint32_t> of_section(std::string_view name) const;

private:
    std::vector<PlacedMap> maps_;
    std::map<std::pair<std::uint32_t, std::uint64_t>, std::uint32_t> by_place_;
    std::unordered_map<std::uint32_t, std::uint32_t> data_;
};

/// Maps defined by variables of the BTF section `.maps`.
Result<std::vector<PlacedMap>> btf_maps(const ElfFile& elf, const Btf* btf);

/// Maps defined by `struct bpf_map_def` in the section `maps`, as libbpf read them before 1.0.
Result<std::vector<PlacedMap>> legacy_maps(const ElfFile& elf, const Btf* btf);

/// One array map per section of global variables. `object` is the object's name.
Result<std::vector<PlacedMap>> data_maps(const ElfFile& elf, const Btf* btf,
                                         std::string_view object);

/// The map of configuration values; `layout` is that of their section.
PlacedMap config_map(const DatasecLayout& layout, const Btf& btf, std::string_view object);

/// Gives an arena map the initial bytes of its `.addr_space.1` section, and that section the map.
Result<void> place_arena(const ElfFile& elf, std::vector<PlacedMap>& maps);

}  // namespace bpftwin
