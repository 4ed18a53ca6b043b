#include "btf/core_index.h"

#include <algorithm>
#include <functional>

#include "btf/btf.h"
#include "btf/core.h"

namespace bpftwin {
namespace {

std::uint32_t hash_of(std::string_view name) {
    return static_cast<std::uint32_t>(std::hash<std::string_view>{}(name));
}

bool may_be_meant(const BtfType& type) {
    return !type.name.empty() && type.kind != BtfKind::func && type.kind != BtfKind::var &&
           type.kind != BtfKind::datasec && type.kind != BtfKind::decl_tag;
}

}  // namespace

void CoreIndex::build(std::span<const BtfType> types) {
    for (std::uint32_t i = 0; i < types.size(); ++i)
        if (may_be_meant(types[i])) entries_.push_back({hash_of(essential_name(types[i].name)), i});
    std::ranges::sort(entries_);
}

std::vector<std::uint32_t> CoreIndex::find(std::span<const BtfType> types,
                                           std::string_view name) const {
    std::vector<std::uint32_t> found;
    for (const Entry& entry : std::ranges::equal_range(entries_, hash_of(name), {}, &Entry::hash))
        if (essential_name(types[entry.index].name) == name) found.push_back(entry.index);
    return found;
}

}  // namespace bpftwin
