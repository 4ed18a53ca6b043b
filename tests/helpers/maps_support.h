// Words shared by the tests of maps.
#pragma once

#include <gtest/gtest.h>

#include <cerrno>
#include <cstring>

#include "helpers/map.h"
#include "helpers/maps/attributes.h"
#include "helpers/maps/type_info.h"

namespace bpftwin::test {

template <class T>
Bytes bytes_of(const T& value) {
    Bytes bytes(sizeof value);
    std::memcpy(bytes.data(), &value, sizeof value);
    return bytes;
}

template <class T>
T value_of(const Bytes& bytes) {
    T value{};
    std::memcpy(&value, bytes.data(), std::min(bytes.size(), sizeof value));
    return value;
}

inline MapSpec map_spec(MapType type, std::uint32_t key_size, std::uint32_t value_size,
                        std::uint32_t max_entries, std::uint32_t flags = 0) {
    MapSpec spec;
    spec.name = "m";
    spec.type = type;
    spec.key_size = key_size;
    spec.value_size = value_size;
    spec.max_entries = max_entries;
    spec.map_flags = flags;
    return spec;
}

/// The map, which must be creatable.
inline std::unique_ptr<Map> make_map(const MapSpec& spec, std::uint32_t cpus = 2,
                                     const ValueFields& fields = {}) {
    auto map = Map::create(spec, cpus, fields);
    if (!map) {
        ADD_FAILURE() << map.error().message;
        std::abort();
    }
    return std::move(*map);
}

template <class T>
std::unique_ptr<T> make(const MapSpec& spec, std::uint32_t cpus = 2) {
    auto map = make_map(spec, cpus);
    T* derived = dynamic_cast<T*>(map.get());
    if (!derived) std::abort();
    map.release();
    return std::unique_ptr<T>(derived);
}

/// 0 or the negative errno.
template <class T>
long code(const Result<T>& result) {
    return result ? 0 : -result.error().code;
}

/// The program's side with keys and values given as numbers.
template <class K, class V>
long put(Map& map, K key, V value, std::uint64_t flags = 0, std::uint32_t cpu = 0) {
    return map.update_elem(&key, &value, flags, cpu);
}
template <class V, class K>
V* at(Map& map, K key, std::uint32_t cpu = 0) {
    return static_cast<V*>(map.lookup_elem(&key, cpu));
}
template <class K>
long drop(Map& map, K key) {
    return map.delete_elem(&key);
}

/// User space's side.
template <class K, class V>
long user_put(Map& map, K key, V value, std::uint64_t flags = 0) {
    return code(map.update(bytes_of(key), {bytes_of(value)}, flags));
}
template <class K>
long user_drop(Map& map, K key) {
    return code(map.erase(bytes_of(key)));
}

}  // namespace bpftwin::test
