// Queries on parsed BTF. Chains of types were checked to end when the BTF was parsed.
#include "btf/btf.h"

#include <array>

#include "btf/wire.h"
#include "fmt/format.h"

namespace bpftwin {
namespace {

/// The kinds whose record states their size.
bool states_size(BtfKind kind) { return btf_wire::rule_of(kind).word == btf_wire::Word::size; }

}  // namespace

std::string_view name_of(BtfKind kind) { return btf_wire::rule_of(kind).text; }

std::string_view keyword_of(const BtfType& type) {
    if (is_enumeration(type.kind)) return "enum";
    // Of a forward declaration the flag says what it announces.
    if (type.kind == BtfKind::union_ || (type.kind == BtfKind::fwd && type.kind_flag))
        return "union";
    return type.kind == BtfKind::struct_ || type.kind == BtfKind::fwd ? "struct" : "";
}

std::span<const BtfKind> btf_kinds() {
    static constexpr auto kinds = std::to_array<BtfKind>({
#define KIND(enumerator, ...) BtfKind::enumerator,
#include "btf/kind.def"
    });
    return kinds;
}

std::string_view since(BtfKind kind) { return btf_wire::rule_of(kind).since; }

std::string_view name_of(BtfLinkage linkage) {
    static constexpr std::array<std::string_view, 3> names = {"static", "global", "extern"};
    return names[static_cast<std::size_t>(linkage)];
}

const BtfType Btf::void_type;

std::string_view Btf::string(std::uint32_t offset) const noexcept {
    if (offset < first_string_) return base_->string(offset);
    offset -= first_string_;
    if (offset >= strings_.size()) return {};
    return strings_.data() + offset;
}

Btf::Bits Btf::old_bits(std::uint32_t member_type, std::uint32_t bit_offset) const {
    const BtfType& of = type(resolve(member_type));
    const bool is_whole = of.bits == 8 * of.size && bit_offset % 8 == 0;
    const bool is_far = bit_offset > UINT32_MAX - of.bit_offset;
    if (of.kind != BtfKind::int_ || is_whole || is_far) return {bit_offset, 0};
    return {bit_offset + of.bit_offset, of.bits};
}

std::optional<std::uint32_t> Btf::find(std::string_view name, BtfKind kind) const {
    if (base_)
        if (const auto found = base_->find(name, kind)) return found;
    std::call_once(indexed_, [this] { by_name_.build(types_); });
    const auto found = by_name_.find(types_, name, kind);
    return found ? std::optional(first_id_ + *found) : std::nullopt;
}

std::vector<std::uint32_t> Btf::flavours(std::string_view name) const {
    std::call_once(indexed_for_core_, [this] { for_core_.build(types_); });
    auto found = for_core_.find(types_, name);
    for (std::uint32_t& id : found) id += first_id_;
    return found;
}

std::optional<std::uint64_t> Btf::size_of(std::uint32_t id) const {
    id = resolve(id);
    // Once, as the chains through variables are not those that were checked to end.
    if (kind(id) == BtfKind::var) id = resolve(type(id).type);
    std::uint64_t elements = 1;
    for (; kind(id) == BtfKind::array; id = resolve(type(id).type))
        if (__builtin_mul_overflow(elements, type(id).count, &elements)) return std::nullopt;
    std::uint64_t size = pointer_size;
    if (kind(id) != BtfKind::ptr) {
        if (!states_size(kind(id))) return std::nullopt;
        size = type(id).size;
    }
    if (__builtin_mul_overflow(elements, size, &size)) return std::nullopt;
    return size;
}

std::string describe(const Btf& btf, std::uint32_t id) {
    const BtfType& type = btf.type(id);
    return fmt::format("type {} ({}{}{})", id, name_of(type.kind), type.name.empty() ? "" : " ",
                       type.name);
}

}  // namespace bpftwin
