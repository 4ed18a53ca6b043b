// Maps for helpers to be called with.
#pragma once

#include <memory>
#include <string>

#include "helpers/map.h"

namespace bpftwin {

inline std::unique_ptr<Map> make_map(MapType type, std::uint32_t key_size, std::uint32_t value_size,
                                     std::uint32_t max_entries, std::uint32_t cpu_count = 2) {
    MapSpec spec;
    spec.name = std::string("a_") + std::string(name_of(type));
    spec.type = type;
    spec.key_size = key_size;
    spec.value_size = value_size;
    spec.max_entries = max_entries;
    auto map = Map::create(spec, cpu_count);
    if (!map) bug(map.error().message);
    return std::move(*map);
}

}  // namespace bpftwin
