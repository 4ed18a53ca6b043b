// Map access (kernel/bpf/helpers.c). The rules are the map types' own.
#include <cerrno>

#include "fmt/format.h"
#include "helpers/calls.h"
#include "helpers/kfunc_calls.h"
#include "helpers/map.h"
#include "helpers/maps/socket_maps.h"
#include "helpers/maps/type_info.h"
#include "helpers/require.h"
#include "helpers/socket_map_calls.h"
#include "vm/context.h"
#include "vm/runtime.h"
#include "vm/sockets.h"

namespace bpftwin::calls {
namespace {

/// Maps of sockets give the socket itself, which the program has to release.
void* held_socket(Runtime& runtime, Map& map, const void* key) {
    LiveSocket* socket = socket_at(runtime, map, key);
    if (!socket) return nullptr;
    ++socket->references;
    return &socket->seen;
}

/// Their value is a pointer to a socket.
long keep_given(Runtime& runtime, Map& map, const void* key, const void* value,
                std::uint64_t flags) {
    const auto address = reinterpret_cast<std::uint64_t>(value);
    SocketTable* sockets = runtime.context().sockets();
    LiveSocket* socket = sockets ? sockets->at(address) : nullptr;
    if (!socket) return refuse_socket(runtime, address) ? 0 : -EINVAL;
    return keep_socket(map, key, *socket, flags);
}

bool require_keyless(Runtime& runtime, const Map& map) {
    const MapType type = map.spec().type;
    if (type == MapType::queue || type == MapType::stack || type == MapType::bloom_filter)
        return true;
    refuse_argument(runtime,
                    fmt::format("map {} of type {} has keys", map.spec().name, name_of(type)));
    return false;
}

}  // namespace

void* map_lookup_elem(Runtime& runtime, Map& map, const void* key) {
    void* value = map.lookup_elem(key, runtime.world().world().cpu);
    return value || !socket_holder(map) ? value : held_socket(runtime, map, key);
}

long map_update_elem(Runtime& runtime, Map& map, const void* key, const void* value,
                     std::uint64_t flags) {
    const long error = map.update_elem(key, value, flags, runtime.world().world().cpu);
    // What sockets are kept in takes no bytes.
    if (error != -EOPNOTSUPP || !socket_holder(map)) return error;
    return keep_given(runtime, map, key, value, flags);
}

long map_delete_elem(Runtime&, Map& map, const void* key) { return map.delete_elem(key); }

long map_push_elem(Runtime& runtime, Map& map, const void* value, std::uint64_t flags) {
    return require_keyless(runtime, map) ? map.push_elem(value, flags) : 0;
}

long map_pop_elem(Runtime& runtime, Map& map, void* value) {
    return require_keyless(runtime, map) ? map.pop_elem(value) : 0;
}

long map_peek_elem(Runtime& runtime, Map& map, void* value) {
    return require_keyless(runtime, map) ? map.peek_elem(value) : 0;
}

void* map_lookup_percpu_elem(Runtime& runtime, Map& map, const void* key, std::uint32_t cpu) {
    if (!map.is_per_cpu()) {
        refuse_argument(runtime, fmt::format("map {} has no value per CPU", map.spec().name));
        return nullptr;
    }
    return cpu < map.cpu_count() ? map.lookup_elem(key, cpu) : nullptr;
}

}  // namespace bpftwin::calls

namespace bpftwin::kfuncs {

std::int64_t bpf_map_sum_elem_count(Runtime& runtime, std::uint64_t address) {
    if (!runtime.knows_map(address)) {
        refuse_argument(runtime, "argument 1 is not a map");
        return 0;
    }
    Map& map = *reinterpret_cast<Map*>(address);
    const MapFamily family = map_type_info(map.spec().type)->family;
    const bool is_counted = family == MapFamily::hash || family == MapFamily::lru_hash;
    return is_counted ? map.for_each(0, [](const void*, void*) { return false; }) : 0;
}

}  // namespace bpftwin::kfuncs
