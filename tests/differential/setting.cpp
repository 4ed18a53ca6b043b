#include "tests/differential/setting.h"

#include <algorithm>

namespace bpftwin::differential {

bool is_keyed(MapType type) {
    switch (type) {
        case MapType::array:
        case MapType::percpu_array:
        case MapType::hash:
        case MapType::percpu_hash:
        case MapType::lru_hash: return true;
        default: return false;
    }
}

bool has_direct_values(const MapSpec& map) {
    return map.type == MapType::array && map.max_entries == 1;
}

std::uint8_t first_alike(const Setting& setting, std::uint8_t map) {
    const MapSpec& wanted = setting.maps[map];
    const auto found = std::ranges::find_if(setting.maps, [&](const MapSpec& other) {
        const bool both_keyed = is_keyed(other.type) && is_keyed(wanted.type);
        return (both_keyed || other.type == wanted.type) && other.key_size == wanted.key_size &&
               other.value_size == wanted.value_size && other.frozen == wanted.frozen;
    });
    return static_cast<std::uint8_t>(found - setting.maps.begin());
}

std::uint8_t first_alike(std::span<const Body> subprograms, std::uint8_t subprogram) {
    const auto found =
        std::ranges::find(subprograms, subprograms[subprogram].signature, &Body::signature);
    return static_cast<std::uint8_t>(found - subprograms.begin());
}

}  // namespace bpftwin::differential
