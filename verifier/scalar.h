// What is known of a number: a tnum, and bounds as unsigned and signed, 64- and 32-bit value
// (kernel/bpf/verifier.c: the numeric half of bpf_reg_state, adjust_scalar_min_max_vals,
// reg_bounds_sync, is_branch_taken, regs_refine_cond_op). Of a pointer it is the variable part of
// its offset.
#pragma once

#include <cstdint>
#include <limits>

#include "isa/op.h"
#include "verifier/tnum.h"

namespace bpftwin::verifier {

/// A set of 64-bit values: those that satisfy all of the facts. Every operation is sound (its
/// result holds the result for every member) and gives the facts that Linux 6.18 gives.
struct Scalar {
    Tnum var_off = tnum_unknown;
    std::int64_t smin = std::numeric_limits<std::int64_t>::min();
    std::int64_t smax = std::numeric_limits<std::int64_t>::max();
    std::uint64_t umin = 0;
    std::uint64_t umax = std::numeric_limits<std::uint64_t>::max();
    std::int32_t s32_min = std::numeric_limits<std::int32_t>::min();
    std::int32_t s32_max = std::numeric_limits<std::int32_t>::max();
    std::uint32_t u32_min = 0;
    std::uint32_t u32_max = std::numeric_limits<std::uint32_t>::max();

    /// Nothing is known.
    static constexpr Scalar unknown() { return {}; }
    static constexpr Scalar constant(std::uint64_t value) {
        const auto s = static_cast<std::int64_t>(value);
        const auto u32 = static_cast<std::uint32_t>(value);
        const auto s32 = static_cast<std::int32_t>(value);
        return {tnum_const(value), s, s, value, value, s32, s32, u32, u32};
    }

    friend constexpr bool operator==(const Scalar&, const Scalar&) = default;

    [[nodiscard]] constexpr bool is_const() const { return var_off.is_const(); }
    [[nodiscard]] constexpr bool is_const_value(std::uint64_t value) const {
        return var_off == tnum_const(value);
    }
    /// Whether the low half is one value.
    [[nodiscard]] constexpr bool is_const32() const {
        return static_cast<std::uint32_t>(var_off.mask) == 0;
    }
    [[nodiscard]] bool contains(std::uint64_t value) const;
    /// Whether facts contradict each other, as they may on a path that cannot be taken; the kernel
    /// then forgets all bounds and keeps `var_off` (reg_bounds_sanity_check).
    [[nodiscard]] bool is_violated() const;

    /// Draws from each fact what it says of the others (reg_bounds_sync).
    void sync();
    /// Forgets the facts about 64-bit values, or about the low halves.
    void forget_64_bounds();
    void forget_32_bounds();

    /// The low half, zero-extended: what a 32-bit instruction leaves (zext_32_to_64, then
    /// reg_bounds_sync).
    void zero_extend_32();
    /// The low `size` bytes, zero-extended (coerce_reg_to_size).
    void truncate(unsigned size);
    /// The low `size` bytes, sign-extended to 64 bits (coerce_reg_to_size_sx), or to 32 bits and
    /// zero above (coerce_subreg_to_size_sx with what follows it).
    void sign_extend(unsigned size, unsigned to_bits);
};

/// Whether every member of `inner` is one of `outer` by the bounds alone (range_within), which the
/// kernel asks together with `tnum_in`.
bool range_within(const Scalar& outer, const Scalar& inner);

/// dst = dst op src, for the rows of family alu (but mov), neg and end, at the row's width. What
/// the kernel does not compute is unknown in all 64 bits, as there: quotients, remainders, shifts
/// by a count that is not one value (adjust_scalar_min_max_vals, is_safe_to_compute_dst_reg_range).
/// Going on with two states, one per value, is the caller's (maybe_fork_scalars).
/// @param src of neg and end: ignored. An immediate is the constant of its 64-bit value.
void apply(Op op, Scalar& dst, const Scalar& src);

/// The jumps' comparisons.
enum class Comparison : std::uint8_t { eq, ne, set, not_set, gt, ge, lt, le, sgt, sge, slt, sle };
/// That of a row of family jmp.
Comparison comparison_of(Op op);
/// What holds where the comparison does not (rev_opcode).
Comparison negated(Comparison comparison);
/// The comparison with its operands swapped (flip_opcode).
Comparison flipped(Comparison comparison);

enum class Truth : std::uint8_t { never, always, unknown };

/// Whether `a comparison b` holds (is_scalar_branch_taken). @param bits 32 or 64.
Truth holds(Comparison comparison, unsigned bits, const Scalar& a, const Scalar& b);

/// Narrows both to what they may be where the comparison holds (regs_refine_cond_op, then
/// reg_bounds_sync of each). @param bits 32 or 64.
void refine(Comparison comparison, unsigned bits, Scalar& a, Scalar& b);

}  // namespace bpftwin::verifier
