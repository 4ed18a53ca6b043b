// The table from helper numbers to functions. A row that runs here without a declaration in
// helpers/calls.h does not compile, one without a definition does not link.
#include "helpers/implementation.h"

#include <array>

#include "helpers/adapter.h"
#include "helpers/calls.h"
#include "helpers/maps/hash_map.h"
#include "helpers/maps/lpm_trie.h"
#include "helpers/maps/lru_hash_map.h"

namespace bpftwin {
namespace {

#define FUNCTION_here(name) &Adapter<&calls::name>::call
#define FUNCTION_engine(name) nullptr
#define FUNCTION_planned(name) nullptr

constexpr auto functions = std::to_array<HelperFunction>({
#define HELPER(id, name, since, returns, flags, program_types, runs, ...) FUNCTION_##runs(name),
#include "helpers/helpers.def"
});

#undef FUNCTION_here
#undef FUNCTION_engine
#undef FUNCTION_planned

template <class Kind>
std::uint64_t look_up(Runtime& runtime, std::uint64_t map, std::uint64_t key, std::uint64_t,
                      std::uint64_t, std::uint64_t) {
    auto& known = static_cast<Kind&>(*reinterpret_cast<Map*>(map));
    const auto* bytes = reinterpret_cast<const void*>(key);
    return to_register(known.Kind::lookup_elem(bytes, runtime.world().world().cpu));
}

}  // namespace

HelperFunction lookup_function(const Map& map) {
    if (dynamic_cast<const HashMap*>(&map)) return look_up<HashMap>;
    if (dynamic_cast<const LruHashMap*>(&map)) return look_up<LruHashMap>;
    if (dynamic_cast<const LpmTrie*>(&map)) return look_up<LpmTrie>;
    return nullptr;
}

HelperFunction helper_function(std::uint32_t id) {
    return id >= 1 && id <= functions.size() ? functions[id - 1] : nullptr;
}

}  // namespace bpftwin
