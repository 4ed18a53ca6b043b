// Linear probing at a load of at most one half; the types are added in order, so the first of equal
// names stays.
#include "btf/name_index.h"

#include <algorithm>
#include <bit>
#include <cstring>

#include "btf/btf.h"

namespace bpftwin {
namespace {

std::uint64_t mix(std::uint64_t value) {
    value *= 0x9e3779b97f4a7c15;
    return value ^ value >> 32;
}

/// The first eight bytes of `text`, which is not empty.
std::uint64_t load(std::string_view text) {
    std::uint64_t word = 0;
    std::memcpy(&word, text.data(), std::min(text.size(), sizeof word));
    return word;
}

}  // namespace

std::uint64_t BtfNameIndex::hash(std::string_view name, BtfKind kind) const {
    std::uint64_t sum = seed_ + name.size() * 32 + static_cast<std::uint64_t>(kind);
    for (; name.size() > 8; name.remove_prefix(8)) sum = mix(sum ^ load(name));
    return mix(sum ^ load(name));
}

std::size_t BtfNameIndex::slot(std::span<const BtfType> types, std::string_view name,
                               BtfKind kind) const {
    const std::size_t mask = slots_.size() - 1;
    std::size_t at = hash(name, kind) & mask;
    while (slots_[at] != 0) {
        const BtfType& type = types[slots_[at] - 1];
        if (type.kind == kind && type.name == name) break;
        at = (at + 1) & mask;
    }
    return at;
}

void BtfNameIndex::build(std::span<const BtfType> types) {
    slots_.assign(std::bit_ceil(2 * types.size() + 2), 0);
    // An address differs from run to run, so nobody can prepare names that all collide.
    seed_ = mix(reinterpret_cast<std::uintptr_t>(slots_.data()));
    for (std::uint32_t i = 0; i < types.size(); ++i) {
        if (types[i].name.empty()) continue;
        std::uint32_t& entry = slots_[slot(types, types[i].name, types[i].kind)];
        if (entry == 0) entry = i + 1;
    }
}

std::optional<std::uint32_t> BtfNameIndex::find(std::span<const BtfType> types,
                                                std::string_view name, BtfKind kind) const {
    if (name.empty()) return std::nullopt;
    const std::uint32_t entry = slots_[slot(types, name, kind)];
    if (entry == 0) return std::nullopt;
    return entry - 1;
}

}  // namespace bpftwin
