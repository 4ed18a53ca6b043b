// The meaning of instructions, once: pure functions on values (RFC 9669 sections 4 and 5).
// The interpreter, constant folding, oracles and generators all call these.
#pragma once

#include <bit>
#include <concepts>
#include <cstdint>
#include <limits>
#include <type_traits>

namespace bpftwin::semantics {

// --- Arithmetic: dst op= src at width T (uint32_t or uint64_t). A 32-bit result is zero-extended
// by the caller's assignment to a 64-bit register.

template <std::unsigned_integral T>
inline constexpr T shift_mask = std::numeric_limits<T>::digits - 1;

template <std::unsigned_integral T>
constexpr T add(T dst, T src) {
    return dst + src;
}
template <std::unsigned_integral T>
constexpr T sub(T dst, T src) {
    return dst - src;
}
template <std::unsigned_integral T>
constexpr T mul(T dst, T src) {
    return static_cast<T>(std::uint64_t{dst} * src);  // No promotion to int: it may overflow.
}
/// Division by zero gives 0.
template <std::unsigned_integral T>
constexpr T div(T dst, T src) {
    return src == 0 ? 0 : dst / src;
}
/// Truncates towards zero; by zero gives 0, the minimum by -1 the minimum.
template <std::unsigned_integral T>
constexpr T sdiv(T dst, T src) {
    using S = std::make_signed_t<T>;
    if (src == 0) return 0;
    if (src == static_cast<T>(-1)) return T{0} - dst;
    return static_cast<T>(static_cast<S>(dst) / static_cast<S>(src));
}
/// Modulo zero leaves dst.
template <std::unsigned_integral T>
constexpr T mod(T dst, T src) {
    return src == 0 ? dst : dst % src;
}
/// The sign follows the dividend; by zero leaves dst, by -1 gives 0.
template <std::unsigned_integral T>
constexpr T smod(T dst, T src) {
    using S = std::make_signed_t<T>;
    if (src == 0) return dst;
    if (src == static_cast<T>(-1)) return 0;
    return static_cast<T>(static_cast<S>(dst) % static_cast<S>(src));
}
template <std::unsigned_integral T>
constexpr T or_(T dst, T src) {
    return dst | src;
}
template <std::unsigned_integral T>
constexpr T and_(T dst, T src) {
    return dst & src;
}
template <std::unsigned_integral T>
constexpr T xor_(T dst, T src) {
    return dst ^ src;
}
/// Shifts use the low 5 or 6 bits of the count.
template <std::unsigned_integral T>
constexpr T lsh(T dst, T src) {
    return dst << (src & shift_mask<T>);
}
template <std::unsigned_integral T>
constexpr T rsh(T dst, T src) {
    return dst >> (src & shift_mask<T>);
}
template <std::unsigned_integral T>
constexpr T arsh(T dst, T src) {
    return static_cast<T>(static_cast<std::make_signed_t<T>>(dst) >> (src & shift_mask<T>));
}
template <std::unsigned_integral T>
constexpr T mov(T, T src) {
    return src;
}
template <std::unsigned_integral T>
constexpr T neg(T dst) {
    return T{0} - dst;
}

/// The low `From` bits of `src`, sign-extended to `Width` bits, zero-extended above.
template <unsigned From, unsigned Width>
constexpr std::uint64_t movsx(std::uint64_t src) {
    auto extended = static_cast<std::int64_t>(src << (64 - From)) >> (64 - From);
    return Width == 32 ? static_cast<std::uint32_t>(extended)
                       : static_cast<std::uint64_t>(extended);
}

/// Moves a pointer between address space 0 (the kernel's) and 1 (an arena as user space sees it).
/// Both ways keep the low half; to space 1 the caller adds the upper half of the arena's user
/// address, unless the low half is 0: null stays null.
constexpr std::uint64_t addr_space_cast(std::uint64_t src) {
    return static_cast<std::uint32_t>(src);
}

// --- Byte order. Results are zero-extended to 64 bits.

constexpr std::uint16_t swap(std::uint16_t v) { return std::byteswap(v); }
constexpr std::uint32_t swap(std::uint32_t v) { return std::byteswap(v); }
constexpr std::uint64_t swap(std::uint64_t v) { return std::byteswap(v); }

template <std::unsigned_integral T>
constexpr std::uint64_t bswap(std::uint64_t v) {
    return swap(static_cast<T>(v));
}
/// To little endian: on the little-endian machines that run BPF here, a truncation.
template <std::unsigned_integral T>
constexpr std::uint64_t le(std::uint64_t v) {
    return std::endian::native == std::endian::little ? static_cast<T>(v) : bswap<T>(v);
}
template <std::unsigned_integral T>
constexpr std::uint64_t be(std::uint64_t v) {
    return std::endian::native == std::endian::little ? bswap<T>(v) : static_cast<T>(v);
}

// --- Conditions at width T.

template <std::unsigned_integral T>
constexpr bool jeq(T dst, T src) {
    return dst == src;
}
template <std::unsigned_integral T>
constexpr bool jne(T dst, T src) {
    return dst != src;
}
template <std::unsigned_integral T>
constexpr bool jgt(T dst, T src) {
    return dst > src;
}
template <std::unsigned_integral T>
constexpr bool jge(T dst, T src) {
    return dst >= src;
}
template <std::unsigned_integral T>
constexpr bool jlt(T dst, T src) {
    return dst < src;
}
template <std::unsigned_integral T>
constexpr bool jle(T dst, T src) {
    return dst <= src;
}
template <std::unsigned_integral T>
constexpr bool jset(T dst, T src) {
    return (dst & src) != 0;
}
template <std::unsigned_integral T>
constexpr bool jsgt(T dst, T src) {
    using S = std::make_signed_t<T>;
    return static_cast<S>(dst) > static_cast<S>(src);
}
template <std::unsigned_integral T>
constexpr bool jsge(T dst, T src) {
    using S = std::make_signed_t<T>;
    return static_cast<S>(dst) >= static_cast<S>(src);
}
template <std::unsigned_integral T>
constexpr bool jslt(T dst, T src) {
    using S = std::make_signed_t<T>;
    return static_cast<S>(dst) < static_cast<S>(src);
}
template <std::unsigned_integral T>
constexpr bool jsle(T dst, T src) {
    using S = std::make_signed_t<T>;
    return static_cast<S>(dst) <= static_cast<S>(src);
}

// --- Atomic read-modify-write: sequentially consistent, on the memory of a T, which is aligned.
// `src` is the source register, `r0` the register 0; old values arrive there zero-extended.

template <std::unsigned_integral T>
void atomic_add(T* at, std::uint64_t& src, std::uint64_t&) {
    __atomic_fetch_add(at, static_cast<T>(src), __ATOMIC_SEQ_CST);
}
template <std::unsigned_integral T>
void atomic_or(T* at, std::uint64_t& src, std::uint64_t&) {
    __atomic_fetch_or(at, static_cast<T>(src), __ATOMIC_SEQ_CST);
}
template <std::unsigned_integral T>
void atomic_and(T* at, std::uint64_t& src, std::uint64_t&) {
    __atomic_fetch_and(at, static_cast<T>(src), __ATOMIC_SEQ_CST);
}
template <std::unsigned_integral T>
void atomic_xor(T* at, std::uint64_t& src, std::uint64_t&) {
    __atomic_fetch_xor(at, static_cast<T>(src), __ATOMIC_SEQ_CST);
}
template <std::unsigned_integral T>
void atomic_fetch_add(T* at, std::uint64_t& src, std::uint64_t&) {
    src = __atomic_fetch_add(at, static_cast<T>(src), __ATOMIC_SEQ_CST);
}
template <std::unsigned_integral T>
void atomic_fetch_or(T* at, std::uint64_t& src, std::uint64_t&) {
    src = __atomic_fetch_or(at, static_cast<T>(src), __ATOMIC_SEQ_CST);
}
template <std::unsigned_integral T>
void atomic_fetch_and(T* at, std::uint64_t& src, std::uint64_t&) {
    src = __atomic_fetch_and(at, static_cast<T>(src), __ATOMIC_SEQ_CST);
}
template <std::unsigned_integral T>
void atomic_fetch_xor(T* at, std::uint64_t& src, std::uint64_t&) {
    src = __atomic_fetch_xor(at, static_cast<T>(src), __ATOMIC_SEQ_CST);
}
template <std::unsigned_integral T>
void atomic_xchg(T* at, std::uint64_t& src, std::uint64_t&) {
    src = __atomic_exchange_n(at, static_cast<T>(src), __ATOMIC_SEQ_CST);
}
/// Stores `src` where `*at` equals `r0`; `r0` becomes the old value in any case.
template <std::unsigned_integral T>
void atomic_cmpxchg(T* at, std::uint64_t& src, std::uint64_t& r0) {
    auto expected = static_cast<T>(r0);
    __atomic_compare_exchange_n(at, &expected, static_cast<T>(src), false, __ATOMIC_SEQ_CST,
                                __ATOMIC_SEQ_CST);
    r0 = expected;
}

template <std::unsigned_integral T>
std::uint64_t load_acquire(const T* at) {
    return __atomic_load_n(at, __ATOMIC_ACQUIRE);
}
template <std::unsigned_integral T>
void store_release(T* at, T value) {
    __atomic_store_n(at, value, __ATOMIC_RELEASE);
}

}  // namespace bpftwin::semantics
