// Builds the table of map types; flag groups mirror the *_CREATE_FLAG_MASK macros of kernel/bpf/.
#include "helpers/maps/type_info.h"

#include <array>

#include "fmt/format.h"

namespace bpftwin {
namespace {

using namespace map_flag;

constexpr std::uint32_t access_flags = numa_node | rdonly | wronly | rdonly_prog | wronly_prog;
constexpr std::uint32_t hash_flags = access_flags | no_prealloc | zero_seed;
constexpr std::uint32_t lru_flags = access_flags | zero_seed | no_common_lru;
constexpr std::uint32_t special_array_flags = numa_node | rdonly | wronly;

constexpr std::uint32_t unlimited = std::numeric_limits<std::uint32_t>::max();
constexpr SizeRule nothing{0, 0, 1};
constexpr SizeRule exactly(std::uint32_t size) { return {size, size, 1}; }
constexpr SizeRule at_least(std::uint32_t size) { return {size, unlimited, 1}; }
constexpr SizeRule within(std::uint32_t min, std::uint32_t max, std::uint32_t step) {
    return {min, max, step};
}

constexpr auto map_types = std::to_array<MapTypeInfo>({
#define MAP_INFO(name, family, keys, values, entries, per_cpu, flags, summary)            \
    {MapType::name, #name,  MapFamily::family, keys, values, EntryRule::entries, per_cpu, \
     flags,         summary},
#include "helpers/map_types.def"
});

consteval bool in_kernel_order() {
    for (std::size_t i = 0; i < map_types.size(); ++i)
        if (static_cast<std::size_t>(map_types[i].type) != i + 1) return false;
    return true;
}
static_assert(in_kernel_order());

struct NamedFlag {
    std::string_view name;
    std::uint32_t bit;
};
constexpr auto flag_names = std::to_array<NamedFlag>({
#define MAP_FLAG(name, bit) {#name, bit},
#include "helpers/maps/flags.def"
});

}  // namespace

std::span<const MapTypeInfo> map_type_table() { return map_types; }

const MapTypeInfo* map_type_info(MapType type) {
    const auto number = static_cast<std::size_t>(type);
    return number >= 1 && number <= map_types.size() ? &map_types[number - 1] : nullptr;
}

std::string SizeRule::text() const {
    if (min == max) return fmt::format("{}", min);
    if (max == unlimited) return fmt::format("at least {}", min);
    if (max - min == step) return fmt::format("{} or {}", min, max);
    if (step == 1) return fmt::format("{} to {}", min, max);
    return fmt::format("{} to {} in steps of {}", min, max, step);
}

std::string map_flags_text(std::uint32_t flags) {
    std::string text;
    for (const auto& [name, bit] : flag_names) {
        if (!(flags >> bit & 1U)) continue;
        text += fmt::format("{}{}", text.empty() ? "" : " | ", name);
        flags &= ~(1U << bit);
    }
    if (flags != 0) text += fmt::format("{}{:#x}", text.empty() ? "" : " | ", flags);
    return text.empty() ? "0" : text;
}

}  // namespace bpftwin
