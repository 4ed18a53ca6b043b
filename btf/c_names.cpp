// See c_names.h.
#include "btf/c_names.h"

#include <algorithm>

#include "fmt/format.h"

namespace bpftwin {

std::string c_identifier(std::string_view name) {
    std::string plain(name);
    std::ranges::replace_if(
        plain, [](char c) { return c == '.' || static_cast<unsigned char>(c) >= 0x80; }, '_');
    return plain;
}

const std::string& CNames::of(std::uint32_t id) {
    id = definition(id);
    const auto [entry, is_new] = names_.try_emplace(id);
    if (is_new) {
        const BtfType& type = btf_.type(id);
        const bool is_tag =
            is_aggregate(type.kind) || is_enumeration(type.kind) || type.kind == BtfKind::fwd;
        entry->second = next(is_tag ? tags_ : identifiers_, type.name);
    }
    return entry->second;
}

std::string CNames::enumerator(std::string_view name) { return next(identifiers_, name); }

std::uint32_t CNames::definition(std::uint32_t id) const {
    const BtfType& type = btf_.type(id);
    if (type.kind != BtfKind::fwd) return id;
    const auto whole = btf_.find(type.name, type.kind_flag ? BtfKind::union_ : BtfKind::struct_);
    if (whole) return *whole;
    const auto first = btf_.find(type.name, BtfKind::fwd);
    return first && btf_.type(*first).kind_flag == type.kind_flag ? *first : id;
}

std::string CNames::next(Uses& uses, std::string_view name) const {
    std::string plain = c_identifier(name);
    if (!unique_) return plain;
    std::string chosen = plain;
    for (unsigned& use = uses[plain]; ++use > 1;) {
        chosen = fmt::format("{}___{}", plain, use);
        if (!uses.contains(chosen)) return chosen;
    }
    return chosen;
}

}  // namespace bpftwin
