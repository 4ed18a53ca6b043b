// Keys of longest-prefix matching: a length in bits and bytes, the first bit being the highest of
// the first byte (`struct bpf_lpm_trie_key_u8`).
#pragma once

#include <algorithm>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <cstring>

#include "helpers/maps/atomic_word.h"

namespace bpftwin {

/// The bit `at` of bytes in that order.
inline unsigned bit_of_prefix(const std::byte* bytes, std::uint32_t at) {
    return static_cast<unsigned>(bytes[at / 8] >> (7 - at % 8)) & 1U;
}

/// A key in program memory.
struct PrefixKey {
    std::uint32_t length;    ///< In bits; may be more than the map allows.
    const std::byte* bytes;  ///< As many as the map's keys have.
    std::uint32_t size;

    static PrefixKey at(const void* key, std::uint32_t size) {
        PrefixKey result{0, static_cast<const std::byte*>(key) + sizeof(std::uint32_t), size};
        std::memcpy(&result.length, key, sizeof result.length);
        return result;
    }

    [[nodiscard]] unsigned bit(std::uint32_t at) const { return bit_of_prefix(bytes, at); }

    /// How many bits this and a prefix of `other_length` bits at `other` have in common. `other`
    /// is map memory, aligned as words are.
    [[nodiscard]] std::uint32_t common_bits(const std::byte* other,
                                            std::uint32_t other_length) const {
        const std::uint32_t limit = std::min(length, other_length);
        std::uint32_t at = 0;
        std::uint32_t common = 0;
        while (at + 8 <= size && common < limit)
            if (differs<std::uint64_t>(other, at, common)) return std::min(limit, common);
        while (at + 4 <= size && common < limit)
            if (differs<std::uint32_t>(other, at, common)) return std::min(limit, common);
        while (at < size && common < limit)
            if (differs<std::uint8_t>(other, at, common)) return std::min(limit, common);
        return limit;
    }

private:
    /// Compares a word, and moves on behind it. @return whether it differs; `common` counts to
    /// there.
    template <class Word>
    [[nodiscard]] bool differs(const std::byte* other, std::uint32_t& at,
                               std::uint32_t& common) const {
        Word ours;
        std::memcpy(&ours, bytes + at, sizeof ours);
        const Word difference = ours ^ load_acquire(*reinterpret_cast<const Word*>(other + at));
        at += sizeof(Word);
        common += difference == 0 ? 8 * sizeof(Word) : leading_zeros(difference);
        return difference != 0;
    }
    static std::uint32_t leading_zeros(std::uint64_t word) {
        return static_cast<std::uint32_t>(std::countl_zero(__builtin_bswap64(word)));
    }
    static std::uint32_t leading_zeros(std::uint32_t word) {
        return static_cast<std::uint32_t>(std::countl_zero(__builtin_bswap32(word)));
    }
    static std::uint32_t leading_zeros(std::uint8_t word) {
        return static_cast<std::uint32_t>(std::countl_zero(word));
    }
};

}  // namespace bpftwin
