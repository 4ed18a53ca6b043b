// One BPF instruction as it stands in memory (RFC 9669 section 3, Linux `struct bpf_insn`).
#pragma once

#include <cstdint>

namespace bpftwin {

/// One 64-bit instruction slot, little-endian layout. A 64-bit immediate load (`lddw`) takes two
/// slots; the second has `code` 0 and the upper half of the constant in `imm`.
struct Insn {
    std::uint8_t code;
    std::uint8_t dst : 4;
    std::uint8_t src : 4;
    std::int16_t off;
    std::int32_t imm;

    friend constexpr bool operator==(const Insn&, const Insn&) = default;
};
static_assert(sizeof(Insn) == 8);

/// Registers r0 to r9 and the frame pointer r10.
inline constexpr unsigned register_count = 11;

/// What `src` of an `lddw` says its constant is (RFC 9669 section 5.4; Linux BPF_PSEUDO_*).
/// In a loaded `ProgramSpec` the map kinds hold an index into `ObjectSpec::maps` in the first
/// slot's `imm` (the kernel's file descriptor), `map_value` the offset in the second's.
namespace pseudo {
inline constexpr unsigned map_fd = 1;
inline constexpr unsigned map_value = 2;
inline constexpr unsigned btf_id = 3;
inline constexpr unsigned func = 4;
inline constexpr unsigned map_idx = 5;
inline constexpr unsigned map_idx_value = 6;
}  // namespace pseudo

}  // namespace bpftwin
