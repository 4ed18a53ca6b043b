// Helpers that call the program back (kernel/bpf/bpf_iter.c).
#include <cerrno>

#include "helpers/calls.h"
#include "helpers/map.h"
#include "helpers/visible_key.h"
#include "vm/runtime.h"

namespace bpftwin::calls {
long loop(Runtime& runtime, std::uint32_t rounds, std::uint64_t callback, std::uint64_t context,
          std::uint64_t flags) {
    constexpr std::uint32_t most = 8 * 1024 * 1024;  // BPF_MAX_LOOPS.
    if (flags != 0) return -EINVAL;
    if (rounds > most) return -E2BIG;
    for (std::uint32_t i = 0; i < rounds; ++i) {
        const bool end = runtime.call(callback, i, context, 0, 0, 0) != 0;
        if (end || runtime.stopped()) return i + 1;
    }
    return rounds;
}

long for_each_map_elem(Runtime& runtime, Map& map, std::uint64_t callback, std::uint64_t context,
                       std::uint64_t flags) {
    if (flags != 0) return -EINVAL;
    const auto map_address = reinterpret_cast<std::uint64_t>(&map);
    return map.for_each(runtime.world().world().cpu, [&](const void* key, void* value) {
        const auto* bytes = static_cast<const std::byte*>(key);
        const VisibleKey visible(runtime.memory(), Bytes(bytes, bytes + map.spec().key_size),
                                 "key of for_each_map_elem");
        const std::uint64_t end = runtime.call(callback, map_address, visible.address(),
                                               reinterpret_cast<std::uint64_t>(value), context, 0);
        return end != 0 || runtime.stopped();
    });
}

}  // namespace bpftwin::calls
