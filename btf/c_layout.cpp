// See c_layout.h. Rules of the System V ABI as clang applies them to BPF: scalars align to their
// size, bit fields do not cross a boundary of their type unless packed, unnamed ones do not align.
#include "btf/c_layout.h"

#include <algorithm>

namespace bpftwin {
namespace {

std::uint64_t rounded_up(std::uint64_t value, std::uint64_t unit) {
    return (value + unit - 1) / unit * unit;
}

}  // namespace

std::uint32_t CLayout::alignment(std::uint32_t id) {
    id = btf_.resolve(id);
    const BtfType& type = btf_.type(id);
    if (type.kind == BtfKind::array) return alignment(type.type);
    if (!is_aggregate(type.kind)) return scalar_alignment(type);
    if (const auto known = alignment_.find(id); known != alignment_.end()) return known->second;
    return alignment_[id] = is_packed(id) ? 1 : natural_alignment(type);
}

std::uint32_t CLayout::scalar_alignment(const BtfType& type) const {
    if (type.kind == BtfKind::ptr) return 8;
    if (type.kind == BtfKind::float_) return type.size == 4 || type.size == 8 ? type.size : 1;
    return std::max(type.size, 1U);
}

std::uint32_t CLayout::natural_alignment(const BtfType& type) {
    std::uint32_t largest = 1;
    for (const BtfMember& member : btf_.members(type))
        largest = std::max(largest, alignment(member.type));
    return largest;
}

bool CLayout::is_packed(std::uint32_t id) {
    const BtfType& type = btf_.type(id);
    return type.size % natural_alignment(type) != 0 ||
           std::ranges::any_of(btf_.members(type),
                               [&](const BtfMember& m) { return is_misplaced(m); });
}

bool CLayout::is_misplaced(const BtfMember& member) {
    if (member.bitfield_size == 0) return member.bit_offset % (8 * alignment(member.type)) != 0;
    const std::uint64_t unit = 8 * btf_.size_of(member.type).value_or(1);
    return member.bit_offset % unit + member.bitfield_size > unit;
}

std::uint64_t CLayout::natural_offset(const BtfMember& member, std::uint64_t end, bool packed) {
    if (member.bitfield_size == 0) return rounded_up(end, packed ? 8 : 8 * alignment(member.type));
    const std::uint64_t unit = 8 * btf_.size_of(member.type).value_or(1);
    const bool crosses = end % unit + member.bitfield_size > unit;
    return crosses && !packed ? rounded_up(end, unit) : end;
}

std::uint64_t CLayout::end_of(const BtfMember& member) const {
    return member.bit_offset + bits_of(member);
}

std::uint64_t CLayout::bits_of(const BtfMember& member) const {
    if (member.bitfield_size != 0) return member.bitfield_size;
    return 8 * btf_.size_of(member.type).value_or(0);
}

}  // namespace bpftwin
