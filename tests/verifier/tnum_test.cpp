// Every operation on every set of four bits, as low bits, as high bits and across the middle:
// it holds each result for each member, and it is the least such set where that is promised.
#include "verifier/tnum.h"

#include <gtest/gtest.h>

#include <functional>
#include <vector>

#include "isa/semantics.h"

namespace bpftwin::test {
namespace {

using namespace verifier;
using u32 = std::uint32_t;
using u64 = std::uint64_t;

constexpr unsigned width = 4;
/// Where the four bits are: everything else is as `known` says.
struct Place {
    unsigned shift;
    u64 known;
};
constexpr Place places[] = {{0, 0}, {60, 0}, {30, 0}, {0, ~u64{0xf}}, {29, 0xffff'fffe'0000'0003}};

std::vector<Tnum> tnums_at(Place place) {
    std::vector<Tnum> all;
    for (u64 mask = 0; mask < 1U << width; ++mask)
        for (u64 value = 0; value < 1U << width; ++value)
            if ((value & mask) == 0)
                all.push_back({place.known | value << place.shift, mask << place.shift});
    return all;
}

const std::vector<Tnum>& all_tnums() {
    static const std::vector<Tnum> all = [] {
        std::vector<Tnum> tnums;
        for (const Place place : places)
            for (const Tnum tnum : tnums_at(place)) tnums.push_back(tnum);
        return tnums;
    }();
    return all;
}

std::vector<u64> members_of(Tnum tnum) {
    std::vector<u64> members{tnum.value};
    while (members.back() != tnum.max()) members.push_back(tnum_next(tnum, members.back()));
    return members;
}

using Binary = Tnum (*)(Tnum, Tnum);
using Concrete = u64 (*)(u64, u64);

/// @return whether the set is the least in all cases.
bool expect_all_results(Binary abstract, Concrete concrete) {
    bool is_least = true;
    for (const Tnum a : all_tnums()) {
        for (const Tnum b : all_tnums()) {
            const Tnum result = abstract(a, b);
            EXPECT_EQ(result.value & result.mask, 0U);
            Tnum seen = tnum_const(concrete(a.value, b.value));
            for (const u64 x : members_of(a))
                for (const u64 y : members_of(b))
                    seen = tnum_union(seen, tnum_const(concrete(x, y)));
            EXPECT_TRUE(tnum_in(result, seen));
            is_least = is_least && result == seen;
            if (testing::Test::HasFailure()) return false;
        }
    }
    return is_least;
}

TEST(tnum, next_visits_every_member_in_order) {
    for (const Tnum tnum : tnums_at({0, 0}))
        for (u64 value = 0; value < 1U << width; ++value) {
            u64 next = value + 1;
            while (next < tnum.max() && !tnum.contains(next)) ++next;
            EXPECT_EQ(tnum_next(tnum, value), std::min(next, tnum.max()));
        }
    constexpr Tnum ends{0, 0x8000'0000'0000'0001};
    EXPECT_EQ(tnum_next(ends, 1), u64{1} << 63);
    EXPECT_EQ(tnum_next(ends, 1U << 31), u64{1} << 63);
    EXPECT_EQ(tnum_next(ends, ~u64{0}), ends.max());
}

TEST(tnum, bitwise_operations_give_the_least_set) {
    EXPECT_TRUE(expect_all_results(tnum_and, semantics::and_<u64>));
    EXPECT_TRUE(expect_all_results(tnum_or, semantics::or_<u64>));
    EXPECT_TRUE(expect_all_results(tnum_xor, semantics::xor_<u64>));
}

TEST(tnum, sums_and_differences_give_the_least_set) {
    EXPECT_TRUE(expect_all_results(tnum_add, semantics::add<u64>));
    EXPECT_TRUE(expect_all_results(tnum_sub, semantics::sub<u64>));
    EXPECT_TRUE(expect_all_results([](Tnum a, Tnum) { return tnum_neg(a); },
                                   [](u64 a, u64) { return semantics::neg(a); }));
}

TEST(tnum, products_hold_every_product) { expect_all_results(tnum_mul, semantics::mul<u64>); }

TEST(tnum, union_is_the_least_set_with_both) {
    for (const Tnum a : all_tnums())
        for (const Tnum b : all_tnums()) {
            const Tnum both = tnum_union(a, b);
            EXPECT_TRUE(tnum_in(both, a) && tnum_in(both, b));
            EXPECT_EQ(both.mask, a.mask | b.mask | (a.value ^ b.value));
        }
}

TEST(tnum, intersection_holds_exactly_the_common_members) {
    for (const Tnum a : all_tnums())
        for (const Tnum b : all_tnums()) {
            bool overlaps = false;
            for (const u64 x : members_of(a)) {
                overlaps = overlaps || b.contains(x);
                EXPECT_TRUE(!b.contains(x) || tnum_intersect(a, b).contains(x));
            }
            EXPECT_EQ(tnum_overlap(a, b), overlaps);
            if (!overlaps) continue;
            for (const u64 x : members_of(tnum_intersect(a, b)))
                EXPECT_TRUE(a.contains(x) && b.contains(x));
        }
}

TEST(tnum, inclusion_is_that_of_members) {
    for (const Tnum a : all_tnums())
        for (const Tnum b : all_tnums()) {
            bool included = true;
            for (const u64 x : members_of(b)) included = included && a.contains(x);
            EXPECT_EQ(tnum_in(a, b), included);
        }
}

TEST(tnum, range_is_the_least_set_with_both_ends_and_all_between) {
    for (const Place place : places)
        for (u64 min = 0; min < 1U << width; ++min)
            for (u64 max = min; max < 1U << width; ++max) {
                const u64 first = place.known | min << place.shift;
                const u64 last = place.known | max << place.shift;
                const Tnum range = tnum_range(first, last);
                for (u64 x = min; x <= max; ++x)
                    EXPECT_TRUE(range.contains(place.known | x << place.shift));
                EXPECT_TRUE(range.contains(last));
                EXPECT_EQ(tnum_range(0, last ^ first).mask, range.mask);
            }
    EXPECT_EQ(tnum_range(0, ~u64{0}), tnum_unknown);
}

/// A change of a single value that is exact: its set is the least.
void expect_exact(const std::function<Tnum(Tnum)>& abstract,
                  const std::function<u64(u64)>& concrete) {
    for (const Tnum tnum : all_tnums()) {
        Tnum seen = tnum_const(concrete(tnum.value));
        for (const u64 x : members_of(tnum)) seen = tnum_union(seen, tnum_const(concrete(x)));
        EXPECT_EQ(abstract(tnum), seen);
    }
}

TEST(tnum, shifts_are_exact) {
    for (unsigned count = 0; count < 64; ++count) {
        expect_exact([=](Tnum a) { return tnum_lshift(a, count); },
                     [=](u64 x) { return semantics::lsh<u64>(x, count); });
        expect_exact([=](Tnum a) { return tnum_rshift(a, count); },
                     [=](u64 x) { return semantics::rsh<u64>(x, count); });
        expect_exact([=](Tnum a) { return tnum_arshift(a, count, 64); },
                     [=](u64 x) { return semantics::arsh<u64>(x, count); });
    }
    for (unsigned count = 0; count < 32; ++count) {
        expect_exact([=](Tnum a) { return tnum_arshift(a, count, 32); },
                     [=](u64 x) { return semantics::arsh<u32>(static_cast<u32>(x), count); });
    }
}

TEST(tnum, changes_of_width_and_byte_order_are_exact) {
    expect_exact([](Tnum a) { return tnum_cast(a, 1); }, [](u64 x) { return x & 0xff; });
    expect_exact([](Tnum a) { return tnum_cast(a, 8); }, [](u64 x) { return x; });
    expect_exact(tnum_subreg, [](u64 x) { return x & 0xffff'ffff; });
    expect_exact(tnum_clear_subreg, [](u64 x) { return x & ~u64{0xffff'ffff}; });
    expect_exact([](Tnum a) { return tnum_with_subreg(a, tnum_const(5)); },
                 [](u64 x) { return (x & ~u64{0xffff'ffff}) | 5; });
    expect_exact([](Tnum a) { return tnum_bswap(a, 16); }, semantics::bswap<std::uint16_t>);
    expect_exact([](Tnum a) { return tnum_bswap(a, 32); }, semantics::bswap<u32>);
    expect_exact([](Tnum a) { return tnum_bswap(a, 64); }, semantics::bswap<u64>);
}

}  // namespace
}  // namespace bpftwin::test
