// Values in memory, by their BTF: which bits are a scalar, and how wide it is. Shared by the writer
// and the reader of values.
#pragma once

#include <algorithm>
#include <cstdint>
#include <span>

#include "btf/btf.h"

namespace bpftwin::btf_value {

__extension__ using Wide = unsigned __int128;
__extension__ using SignedWide = __int128;

/// Bits of a value: `bit` from the value's first, little-endian.
struct BitRange {
    std::uint64_t bit;
    std::uint32_t bits;

    [[nodiscard]] std::uint64_t end_byte() const { return (bit + bits + 7) / 8; }
};

/// The bits of a scalar of (resolved) `type` that begins at `bit`; `bitfield_size` as in a member.
inline BitRange scalar_range(const BtfType& type, std::uint64_t size, std::uint64_t bit,
                             std::uint32_t bitfield_size) {
    if (bitfield_size != 0) return {bit, bitfield_size};
    if (type.kind == BtfKind::int_) return {bit + type.bit_offset, type.bits};
    return {bit, static_cast<std::uint32_t>(size * 8)};
}

/// All ones in the low `bits`.
inline Wide mask(std::uint32_t bits) { return bits >= 128 ? ~Wide{0} : (Wide{1} << bits) - 1; }

/// `value` moved left by `by` bits, or right by as many where it is negative.
inline Wide shifted(Wide value, int by) { return by < 0 ? value >> -by : value << by; }

/// The bits as a number. `range` is inside `bytes` and at most 128 bits wide.
inline Wide load(ByteView bytes, BitRange range) {
    Wide value = 0;
    std::uint64_t at = range.bit / 8;
    const int bits = static_cast<int>(range.bits);
    for (int shift = -static_cast<int>(range.bit % 8); shift < bits; shift += 8)
        value |= shifted(std::to_integer<unsigned>(bytes[at++]), shift);
    return value & mask(range.bits);
}

/// Sets the bits to the low ones of `value`, and no others.
inline void store(std::span<std::byte> bytes, BitRange range, Wide value) {
    std::uint64_t at = range.bit / 8;
    const int bits = static_cast<int>(range.bits);
    const auto low_byte = [](Wide wide) { return static_cast<std::byte>(wide & 0xff); };
    for (int shift = -static_cast<int>(range.bit % 8); shift < bits; shift += 8, ++at) {
        const std::byte ours = low_byte(shifted(mask(range.bits), -shift));
        bytes[at] = (bytes[at] & ~ours) | (low_byte(shifted(value, -shift)) & ours);
    }
}

inline SignedWide sign_extend(Wide value, std::uint32_t bits) {
    if (bits == 0 || bits >= 128) return static_cast<SignedWide>(value);
    const Wide sign = Wide{1} << (bits - 1);
    return static_cast<SignedWide>((value ^ sign) - sign);
}

/// Whether an int is one character: compilers do not agree on the encoding of `char`.
inline bool is_character(const BtfType& type) {
    return type.kind == BtfKind::int_ && type.size == 1 && type.bits == 8 &&
           (type.is_char || type.name == "char");
}

}  // namespace bpftwin::btf_value
