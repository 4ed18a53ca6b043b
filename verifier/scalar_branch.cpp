// What comparisons of numbers say: whether they hold, and what is known where they do
// (kernel/bpf/verifier.c: is_scalar_branch_taken, regs_refine_cond_op).
#include <array>
#include <bit>
#include <utility>

#include "verifier/bounds.h"

namespace bpftwin::verifier {

namespace {

using s32 = std::int32_t;
using u32 = std::uint32_t;
using u64 = std::uint64_t;

struct ComparisonRow {
    Comparison negated, flipped;
};
using enum Comparison;
/// By Comparison.
constexpr auto comparisons = std::to_array<ComparisonRow>({
    {ne, eq},        // eq
    {eq, ne},        // ne
    {not_set, set},  // set
    {set, not_set},  // not_set
    {le, lt},        // gt
    {lt, le},        // ge
    {ge, gt},        // lt
    {gt, ge},        // le
    {sle, slt},      // sgt
    {slt, sle},      // sge
    {sge, sgt},      // slt
    {sgt, sge},      // sle
});

constexpr Truth truth(bool always, bool never) {
    return always ? Truth::always : never ? Truth::never : Truth::unknown;
}
constexpr Truth negated(Truth truth) {
    if (truth == Truth::unknown) return truth;
    return truth == Truth::always ? Truth::never : Truth::always;
}

template <class U>
bool is_one_value(const Scalar& scalar) {
    return known_bits<U>(scalar).is_const();
}

template <class U>
bool ranges_are_disjoint(Bounds<U> a, Bounds<U> b) {
    return a.umin > b.umax || a.umax < b.umin || a.smin > b.smax || a.smax < b.smin;
}

template <class U>
Truth equal(Scalar& a, Scalar& b) {
    const Tnum known_a = known_bits<U>(a);
    const Tnum known_b = known_bits<U>(b);
    const bool never = !tnum_overlap(known_a, known_b) ||
                       ranges_are_disjoint(bounds<U>(a), bounds<U>(b)) ||
                       ranges_are_disjoint(bounds<u32>(a), bounds<u32>(b));
    return truth(known_a.is_const() && known_a == known_b, never);
}

template <class U>
Truth have_common_bits(const Scalar& a, const Scalar& b) {
    if (!is_one_value<U>(b)) return is_one_value<U>(a) ? have_common_bits<U>(b, a) : Truth::unknown;
    const Tnum known = tnum_and(known_bits<U>(a), known_bits<U>(b));
    return truth(known.value != 0, known.max() == 0);
}

template <class U>
Truth less(Bounds<U> a, Bounds<U> b) {
    return truth(a.umax < b.umin, a.umin >= b.umax);
}
template <class U>
Truth signed_less(Bounds<U> a, Bounds<U> b) {
    return truth(a.smax < b.smin, a.smin >= b.smax);
}

template <class U>
Truth holds_at(Comparison comparison, Scalar& a, Scalar& b) {
    switch (comparison) {
        case eq: return equal<U>(a, b);
        case set: return have_common_bits<U>(a, b);
        case lt: return less(bounds<U>(a), bounds<U>(b));
        case slt: return signed_less(bounds<U>(a), bounds<U>(b));
        case gt:
        case sgt: return holds_at<U>(flipped(comparison), b, a);
        case ne:
        case not_set:
        case ge:
        case le:
        case sge:
        case sle: break;
    }
    return negated(holds_at<U>(negated(comparison), a, b));
}

template <class U>
void set_known_bits(Scalar& scalar, Tnum known) {
    scalar.var_off = sizeof(U) == 8 ? known : tnum_with_subreg(scalar.var_off, known);
}

template <class U>
void refine_equal(Scalar& a, Scalar& b) {
    const Tnum known = tnum_intersect(known_bits<U>(a), known_bits<U>(b));
    const auto one = bounds<U>(a);
    const auto other = bounds<U>(b);
    one.meet_unsigned(other.umin, other.umax);
    one.meet_signed(other.smin, other.smax);
    other.assign_unsigned(one.umin, one.umax);
    other.assign_signed(one.smin, one.smax);
    set_known_bits<U>(a, known);
    set_known_bits<U>(b, known);
}

/// A value that is not the bound is beyond it.
template <class U>
void exclude(Bounds<U> b, U value) {
    using S = std::make_signed_t<U>;
    if (b.umin == value) ++b.umin;
    if (b.umax == value) --b.umax;
    if (b.smin == static_cast<S>(value)) b.smin = static_cast<S>(value + 1);
    if (b.smax == static_cast<S>(value)) b.smax = static_cast<S>(value - 1);
}

template <class U>
void refine_unequal(Scalar& a, u64 value) {
    exclude(bounds<U>(a), static_cast<U>(value));
}

/// Which of several bits is set remains open.
template <class U>
void refine_set(Scalar& a, u64 value) {
    if (std::has_single_bit(value)) {
        set_known_bits<U>(a, tnum_or(known_bits<U>(a), tnum_const(value)));
    }
}

/// Bounds are forgotten first, since on a path that is never taken they might contradict.
template <class U>
void refine_not_set(Scalar& a, u64 value) {
    a.forget_64_bounds();
    a.forget_32_bounds();
    set_known_bits<U>(a, tnum_and(known_bits<U>(a), tnum_const(~value)));
}

/// Refines the operand that is compared with a constant; of two that vary nothing is learned.
template <class U>
void refine_by_constant(Scalar& a, Scalar& b, void (*refine_with)(Scalar&, u64)) {
    if (is_one_value<U>(b)) {
        refine_with(a, known_bits<U>(b).value);
    } else if (is_one_value<U>(a)) {
        refine_with(b, known_bits<U>(a).value);
    }
}

/// a < b, or a <= b. One below the least value, and above the greatest, wraps around, which says
/// nothing.
template <class U>
void refine_less(Bounds<U> a, Bounds<U> b, U distance) {
    a.umax = std::min(a.umax, static_cast<U>(b.umax - distance));
    b.umin = std::max(b.umin, static_cast<U>(a.umin + distance));
}
template <class U>
void refine_signed_less(Bounds<U> a, Bounds<U> b, U distance) {
    using S = std::make_signed_t<U>;
    a.smax = std::min(a.smax, static_cast<S>(static_cast<U>(b.smax) - distance));
    b.smin = std::max(b.smin, static_cast<S>(static_cast<U>(a.smin) + distance));
}

template <class U>
void refine_at(Comparison comparison, Scalar& a, Scalar& b) {
    switch (comparison) {
        case eq: return refine_equal<U>(a, b);
        case ne: return refine_by_constant<U>(a, b, refine_unequal<U>);
        case set: return refine_by_constant<U>(a, b, refine_set<U>);
        case not_set: return refine_by_constant<U>(a, b, refine_not_set<U>);
        case lt: return refine_less<U>(bounds<U>(a), bounds<U>(b), 1);
        case le: return refine_less<U>(bounds<U>(a), bounds<U>(b), 0);
        case slt: return refine_signed_less<U>(bounds<U>(a), bounds<U>(b), 1);
        case sle: return refine_signed_less<U>(bounds<U>(a), bounds<U>(b), 0);
        case gt:
        case ge:
        case sgt:
        case sge: return refine_at<U>(flipped(comparison), b, a);
    }
}

}  // namespace

Comparison comparison_of(Op op) {
    constexpr std::array<Comparison, 16> by_code = {
        eq, eq, gt, ge, set, ne, sgt, sge, eq, eq, lt, le, slt, sle,
    };
    return by_code[info(op).code >> 4];
}

Comparison negated(Comparison comparison) {
    return comparisons[static_cast<std::size_t>(comparison)].negated;
}

Comparison flipped(Comparison comparison) {
    return comparisons[static_cast<std::size_t>(comparison)].flipped;
}

Truth holds(Comparison comparison, unsigned bits, const Scalar& a, const Scalar& b) {
    Scalar one = a;
    Scalar other = b;
    return bits == 64 ? holds_at<u64>(comparison, one, other)
                      : holds_at<u32>(comparison, one, other);
}

void refine(Comparison comparison, unsigned bits, Scalar& a, Scalar& b) {
    bits == 64 ? refine_at<u64>(comparison, a, b) : refine_at<u32>(comparison, a, b);
    a.sync();
    b.sync();
}

}  // namespace bpftwin::verifier
