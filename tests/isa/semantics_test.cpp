// Edge cases of the meaning of instructions (RFC 9669 section 4), at compile time.
#include "isa/semantics.h"

#include <gtest/gtest.h>

namespace bpftwin::semantics {
namespace {

using u8 = std::uint8_t;
using u16 = std::uint16_t;
using u32 = std::uint32_t;
using u64 = std::uint64_t;
constexpr u32 min32 = 0x8000'0000;
constexpr u64 min64 = 0x8000'0000'0000'0000;
constexpr u32 minus1_32 = ~u32{0};
constexpr u64 minus1_64 = ~u64{0};

TEST(arithmetic, wraps) {
    static_assert(add<u32>(minus1_32, 1) == 0);
    static_assert(sub<u64>(0, 1) == minus1_64);
    static_assert(mul<u64>(min64, minus1_64) == min64);
    static_assert(mul<u16>(0xffff, 0xffff) == 1);
    static_assert(neg<u32>(min32) == min32);
    static_assert(neg<u64>(min64) == min64);
}

TEST(division, by_zero_gives_zero) {
    static_assert(div<u32>(7, 0) == 0);
    static_assert(div<u64>(minus1_64, 0) == 0);
    static_assert(sdiv<u32>(min32, 0) == 0);
    static_assert(sdiv<u64>(7, 0) == 0);
}

TEST(division, of_the_minimum_by_minus_one_is_the_minimum) {
    static_assert(sdiv<u32>(min32, minus1_32) == min32);
    static_assert(sdiv<u64>(min64, minus1_64) == min64);
    static_assert(div<u64>(min64, minus1_64) == 0);
}

TEST(division, truncates_towards_zero) {
    static_assert(sdiv<u32>(static_cast<u32>(-7), 2) == static_cast<u32>(-3));
    static_assert(sdiv<u64>(7, static_cast<u64>(-2)) == static_cast<u64>(-3));
    static_assert(sdiv<u8>(static_cast<u8>(-128), 3) == static_cast<u8>(-42));
}

TEST(modulo, by_zero_leaves_the_dividend) {
    static_assert(mod<u32>(7, 0) == 7);
    static_assert(mod<u64>(minus1_64, 0) == minus1_64);
    static_assert(smod<u32>(min32, 0) == min32);
    static_assert(smod<u64>(7, 0) == 7);
}

TEST(modulo, has_the_sign_of_the_dividend) {
    static_assert(smod<u64>(static_cast<u64>(-13), 3) == minus1_64);
    static_assert(smod<u32>(13, static_cast<u32>(-3)) == 1);
    static_assert(smod<u32>(min32, minus1_32) == 0);
    static_assert(smod<u64>(min64, minus1_64) == 0);
}

TEST(shifts, use_the_low_bits_of_the_count) {
    static_assert(lsh<u32>(1, 33) == 2);
    static_assert(lsh<u64>(1, 65) == 2);
    static_assert(lsh<u32>(1, minus1_32) == min32);
    static_assert(rsh<u32>(min32, 31) == 1);
    static_assert(rsh<u64>(min64, 127) == 1);
    static_assert(arsh<u32>(min32, 31) == minus1_32);
    static_assert(arsh<u64>(min64, 63 + 64) == minus1_64);
    static_assert(arsh<u64>(min64, 64) == min64);
}

TEST(movsx, extends_to_the_width_and_zeroes_above) {
    static_assert(movsx<8, 32>(0x1234'5680) == 0xffff'ff80);
    static_assert(movsx<16, 32>(0x8000) == 0xffff'8000);
    static_assert(movsx<8, 64>(0x80) == 0xffff'ffff'ffff'ff80);
    static_assert(movsx<16, 64>(0x7fff) == 0x7fff);
    static_assert(movsx<32, 64>(0xf'8000'0000) == 0xffff'ffff'8000'0000);
}

TEST(swaps, truncate_to_their_width) {
    static_assert(bswap<u16>(0xdead'beef) == 0xefbe);
    static_assert(bswap<u32>(0x1'1122'3344) == 0x4433'2211);
    static_assert(bswap<u64>(0x1122'3344'5566'7788) == 0x8877'6655'4433'2211);
    static_assert(le<u16>(0x1122'3344) != be<u16>(0x1122'3344));
    static_assert(le<u64>(be<u64>(1)) == u64{1} << 56);
}

TEST(conditions, compare_at_their_width_and_sign) {
    static_assert(jgt<u32>(minus1_32, 1) && !jsgt<u32>(minus1_32, 1));
    static_assert(jslt<u64>(min64, 0) && !jlt<u64>(min64, 0));
    static_assert(jsge<u32>(0, min32) && jsle<u64>(min64, minus1_64));
    static_assert(jset<u64>(min64, minus1_64) && !jset<u32>(2, 1));
    static_assert(jeq<u32>(5, 5) && jne<u32>(5, 6) && jge<u64>(5, 5) && jle<u64>(5, 5));
}

TEST(addr_space_cast, keeps_the_low_half) {
    static_assert(addr_space_cast(0x1122'3344'5566'7788) == 0x5566'7788);
    static_assert(addr_space_cast(min64) == 0);
}

struct Registers {
    u64 src;
    u64 r0;

    friend bool operator==(const Registers&, const Registers&) = default;
};

TEST(atomics, without_fetch_leave_the_registers_alone) {
    u32 value = 5;
    Registers regs{minus1_64, 7};
    atomic_add(&value, regs.src, regs.r0);
    EXPECT_EQ(value, 4u);
    regs.src = 3;
    atomic_or(&value, regs.src, regs.r0);
    EXPECT_EQ(value, 7u);
    atomic_and(&value, regs.src, regs.r0);
    EXPECT_EQ(value, 3u);
    atomic_xor(&value, regs.src, regs.r0);
    EXPECT_EQ(value, 0u);
    EXPECT_EQ(regs, (Registers{3, 7}));
}

TEST(atomics, with_fetch_zero_extend_the_old_value_into_src) {
    u32 value = minus1_32;
    Registers regs{minus1_64, 7};
    atomic_fetch_add(&value, regs.src, regs.r0);
    EXPECT_EQ(value, minus1_32 - 1);
    EXPECT_EQ(regs, (Registers{minus1_32, 7}));
    regs.src = 1;
    atomic_fetch_or(&value, regs.src, regs.r0);
    EXPECT_EQ(value, minus1_32);
    EXPECT_EQ(regs.src, minus1_32 - 1);
    regs.src = 6;
    atomic_fetch_and(&value, regs.src, regs.r0);
    EXPECT_EQ(value, 6u);
    atomic_fetch_xor(&value, regs.src, regs.r0);
    EXPECT_EQ(value, minus1_32 ^ 6u);
    regs.src = 9;
    atomic_xchg(&value, regs.src, regs.r0);
    EXPECT_EQ(value, 9u);
    EXPECT_EQ(regs, (Registers{minus1_32 ^ 6u, 7}));
}

TEST(atomic_cmpxchg, stores_only_where_memory_is_as_r0_says) {
    u32 value = 5;
    Registers regs{9, minus1_64};
    atomic_cmpxchg(&value, regs.src, regs.r0);
    EXPECT_EQ(value, 5u);
    EXPECT_EQ(regs, (Registers{9, 5}));
    regs.r0 |= u64{1} << 32;
    atomic_cmpxchg(&value, regs.src, regs.r0);
    EXPECT_EQ(value, 9u);
    EXPECT_EQ(regs, (Registers{9, 5}));
}

TEST(acquire_and_release, move_one_value) {
    u16 value = 0x8000;
    EXPECT_EQ(load_acquire(&value), 0x8000u);
    store_release<u16>(&value, 1);
    EXPECT_EQ(value, 1u);
}

}  // namespace
}  // namespace bpftwin::semantics
