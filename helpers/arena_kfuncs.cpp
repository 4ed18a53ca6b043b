// Kernel functions that give and take pages of an arena (kernel/bpf/arena.c).
#include <cerrno>

#include "helpers/kfunc_calls.h"
#include "helpers/maps/arena.h"
#include "helpers/require.h"
#include "vm/runtime.h"

namespace bpftwin::kfuncs {
namespace {

constexpr int any_node = -1;  // NUMA_NO_NODE.

/// The arena at an address; null where there is another map, and with the program stopped where
/// there is none.
Arena* arena_at(Runtime& runtime, std::uint64_t address) {
    if (!runtime.knows_map(address)) {
        refuse_argument(runtime, "argument 1 is not a map");
        return nullptr;
    }
    return dynamic_cast<Arena*>(reinterpret_cast<Map*>(address));
}

}  // namespace

std::uint64_t bpf_arena_alloc_pages(Runtime& runtime, std::uint64_t map, std::uint64_t address,
                                    std::uint32_t count, int node, std::uint64_t flags) {
    Arena* arena = arena_at(runtime, map);
    const bool has_node = node == any_node || node == 0;
    return arena && flags == 0 && has_node ? arena->allocate_pages(address, count) : 0;
}

void bpf_arena_free_pages(Runtime& runtime, std::uint64_t map, std::uint64_t address,
                          std::uint32_t count) {
    if (Arena* arena = arena_at(runtime, map)) arena->free_pages(address, count);
}

int bpf_arena_reserve_pages(Runtime& runtime, std::uint64_t map, std::uint64_t address,
                            std::uint32_t count) {
    Arena* arena = arena_at(runtime, map);
    return arena ? static_cast<int>(arena->reserve_pages(address, count)) : -EINVAL;
}

}  // namespace bpftwin::kfuncs
