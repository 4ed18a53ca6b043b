#include "loader/maps.h"

#include <algorithm>

#include "fmt/format.h"

namespace bpftwin {

MapTable::MapTable(std::vector<PlacedMap> maps) : maps_(std::move(maps)) {
    for (std::uint32_t i = 0; i < maps_.size(); ++i) {
        const auto& map = maps_[i];
        if (map.globals != 0) data_.emplace(map.globals, i);
        if (map.section != 0) by_place_.emplace(std::pair(map.section, map.offset), i);
    }
}

std::optional<std::uint32_t> MapTable::defined_at(std::uint32_t section,
                                                  std::int64_t offset) const {
    auto found = by_place_.find({section, static_cast<std::uint64_t>(offset)});
    if (found == by_place_.end()) return std::nullopt;
    return found->second;
}

std::optional<std::uint32_t> MapTable::covering(std::uint32_t section, std::uint64_t offset) const {
    auto after = by_place_.upper_bound({section, offset});
    if (after == by_place_.begin()) return std::nullopt;
    auto index = std::prev(after)->second;
    const auto& map = maps_[index];
    if (map.section != section || offset - map.offset >= map.size) return std::nullopt;
    return index;
}

std::optional<std::uint32_t> MapTable::data_of(std::uint32_t section) const {
    auto found = data_.find(section);
    if (found == data_.end()) return std::nullopt;
    return found->second;
}

std::optional<std::uint32_t> MapTable::of_section(std::string_view name) const {
    const auto found =
        std::ranges::find_if(maps_, [&](const PlacedMap& map) { return map.spec.section == name; });
    if (found == maps_.end()) return std::nullopt;
    return static_cast<std::uint32_t>(found - maps_.begin());
}

std::vector<MapSpec> MapTable::specs() && {
    std::vector<MapSpec> specs;
    specs.reserve(maps_.size());
    for (PlacedMap& map : maps_) specs.push_back(std::move(map.spec));
    return specs;
}

}  // namespace bpftwin
