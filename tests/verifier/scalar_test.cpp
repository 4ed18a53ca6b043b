// Soundness of the domain: what holds for values holds for the sets that they are in.
#include "verifier/scalar.h"

#include <fmt/format.h>
#include <gtest/gtest.h>

#include <cstdlib>
#include <random>
#include <vector>

#include "tests/verifier/concrete.h"
#include "tests/verifier/number_program.h"
#include "tests/verifier/printed_scalars.h"

namespace bpftwin::test {
namespace {

using namespace verifier;
using s64 = std::int64_t;
using u64 = std::uint64_t;

std::vector<Op> rows_of(std::initializer_list<Family> families) {
    std::vector<Op> rows;
    for (const OpInfo& row : op_table)
        for (const Family family : families)
            if (row.family == family && row.symbol != "=") rows.push_back(row.op);
    return rows;
}
std::vector<Op> arithmetic_rows() { return rows_of({Family::alu, Family::neg, Family::end}); }
std::vector<Op> jump_rows() { return rows_of({Family::jmp}); }

/// A set and some of its members.
struct Sample {
    Scalar set;
    std::vector<u64> members;
};

constexpr u64 interesting[] = {
    0,
    1,
    2,
    7,
    31,
    0x7fff'ffff,
    0x8000'0000,
    0xffff'ffff,
    0x1'0000'0000,
    0x7fff'ffff'ffff'ffff,
    0x8000'0000'0000'0000,
    0xffff'ffff'7fff'ffff,
    0xffff'ffff'8000'0000,
    ~u64{0} - 1,
    ~u64{0},
};

void keep_members(std::vector<Sample>& samples, Scalar set) {
    set.sync();
    Sample sample{set, {}};
    for (const u64 value : interesting)
        if (set.contains(value)) sample.members.push_back(value);
    samples.push_back(std::move(sample));
}

/// All ranges between interesting values, unsigned and signed, as 64-bit values and as low halves.
std::vector<Sample> ranges() {
    std::vector<Sample> samples;
    for (const u64 first : interesting)
        for (const u64 last : interesting) {
            Scalar wide, low;
            if (first <= last)
                wide.umin = first, wide.umax = last;
            else if (static_cast<s64>(first) <= static_cast<s64>(last))
                wide.smin = static_cast<s64>(first), wide.smax = static_cast<s64>(last);
            else
                continue;
            keep_members(samples, wide);
            if (first <= last && last <= 0xffff'ffff) {
                low.u32_min = static_cast<std::uint32_t>(first);
                low.u32_max = static_cast<std::uint32_t>(last);
                keep_members(samples, low);
            }
        }
    return samples;
}

std::string pair_text(Op op, const Scalar& a, u64 x, const Scalar& b, u64 y) {
    return fmt::format("{}\n{:#x} of {}\n{:#x} of {}", info(op).name, x, text_of(a), y, text_of(b));
}

/// @return whether the result holds what comes of each pair.
bool computes_soundly(Op op, const Sample& a, const Sample& b) {
    Scalar result = a.set;
    apply(op, result, b.set);
    for (const u64 x : a.members)
        for (const u64 y : b.members) {
            if (result.contains(computed(op, x, y))) continue;
            ADD_FAILURE() << pair_text(op, a.set, x, b.set, y) << "\ngives " << text_of(result);
            return false;
        }
    return true;
}

struct Branch {
    Scalar a, b;
};
Branch refined(Comparison comparison, unsigned bits, const Sample& a, const Sample& b) {
    Branch branch{a.set, b.set};
    refine(comparison, bits, branch.a, branch.b);
    return branch;
}

/// @return whether the prediction is right and either branch keeps its pairs.
bool branches_soundly(Op op, const Sample& a, const Sample& b) {
    const Comparison comparison = comparison_of(op);
    const unsigned bits = info(op).bits;
    const Truth truth = holds(comparison, bits, a.set, b.set);
    const Branch taken = refined(comparison, bits, a, b);
    const Branch other = refined(negated(comparison), bits, a, b);
    for (const u64 x : a.members)
        for (const u64 y : b.members) {
            const bool takes = is_taken(op, x, y);
            const Branch& branch = takes ? taken : other;
            const bool is_kept = branch.a.contains(x) && branch.b.contains(y);
            if (is_kept && truth != (takes ? Truth::never : Truth::always)) continue;
            ADD_FAILURE() << pair_text(op, a.set, x, b.set, y)
                          << (is_kept ? "\nis predicted wrongly" : "\nis lost where it should be");
            return false;
        }
    return true;
}

TEST(scalar, arithmetic_holds_every_result_over_all_ranges) {
    const auto samples = ranges();
    for (const Op op : arithmetic_rows())
        for (const Sample& a : samples)
            for (const Sample& b : samples)
                if (!computes_soundly(op, a, b)) return;
}

TEST(scalar, comparisons_never_lie_and_keep_every_pair_over_all_ranges) {
    const auto samples = ranges();
    for (const Op op : jump_rows())
        for (const Sample& a : samples)
            for (const Sample& b : samples)
                if (!branches_soundly(op, a, b)) return;
}

TEST(scalar, changes_of_width_hold_every_result_over_all_ranges) {
    for (const Sample& sample : ranges()) {
        for (const Op op : rows_of({Family::movsx})) {
            Scalar extended = sample.set;
            extended.sign_extend(static_cast<unsigned>(info(op).discriminator_value) / 8,
                                 info(op).bits);
            for (const u64 x : sample.members)
                EXPECT_TRUE(extended.contains(computed(op, 0, x))) << text_of(sample.set) << x;
        }
        for (const unsigned size : {1U, 2U, 4U, 8U}) {
            Scalar truncated = sample.set;
            truncated.truncate(size);
            for (const u64 x : sample.members)
                EXPECT_TRUE(truncated.contains(size == 8 ? x : x & ((u64{1} << 8 * size) - 1)));
        }
        Scalar low = sample.set;
        low.zero_extend_32();
        for (const u64 x : sample.members) EXPECT_TRUE(low.contains(static_cast<std::uint32_t>(x)));
    }
}

TEST(scalar, same_operand_twice_is_refined_soundly) {
    for (const Op op : jump_rows())
        for (const Sample& sample : ranges())
            for (const u64 x : sample.members) {
                Scalar both = sample.set;
                refine(is_taken(op, x, x) ? comparison_of(op) : negated(comparison_of(op)),
                       info(op).bits, both, both);
                EXPECT_TRUE(both.contains(x)) << info(op).name << ' ' << text_of(sample.set) << x;
            }
}

TEST(scalar, negated_and_flipped_are_their_own_inverses) {
    for (const Op op : jump_rows()) {
        const Comparison comparison = comparison_of(op);
        EXPECT_EQ(negated(negated(comparison)), comparison);
        EXPECT_EQ(flipped(flipped(comparison)), comparison);
    }
}

TEST(scalar, contradictions_are_seen) {
    EXPECT_FALSE(Scalar::unknown().is_violated());
    EXPECT_FALSE(Scalar::constant(~u64{0}).is_violated());
    Scalar empty;
    empty.umin = 1, empty.umax = 0;
    EXPECT_TRUE(empty.is_violated());
    Scalar stale = Scalar::constant(7);
    stale.u32_max = 8;
    EXPECT_TRUE(stale.is_violated());
}

/// Random sets grown around a value, which so is a member.
class RandomSets {
public:
    explicit RandomSets(u64 seed) : random_(seed) {}

    Sample sample() {
        const u64 value = interesting_number(random_);
        Scalar set = Scalar::unknown();
        for (unsigned facts = random_() % 4; facts != 0; --facts) learn(set, value);
        set.sync();
        return {set, {value}};
    }
    Op pick(const std::vector<Op>& ops) { return ops[random_() % ops.size()]; }

private:
    void learn(Scalar& set, u64 value) {
        const u64 other = random_() % 4 == 0 ? value : interesting_number(random_);
        const auto [umin, umax] = std::minmax({value, other});
        const auto [smin, smax] = std::minmax({static_cast<s64>(value), static_cast<s64>(other)});
        const auto [u32_min, u32_max] =
            std::minmax({static_cast<std::uint32_t>(value), static_cast<std::uint32_t>(other)});
        const auto [s32_min, s32_max] =
            std::minmax({static_cast<std::int32_t>(value), static_cast<std::int32_t>(other)});
        const u64 mask = interesting_number(random_);
        switch (random_() % 5) {
            case 0: set.umin = umin, set.umax = umax; break;
            case 1: set.smin = smin, set.smax = smax; break;
            case 2: set.u32_min = u32_min, set.u32_max = u32_max; break;
            case 3: set.s32_min = s32_min, set.s32_max = s32_max; break;
            default: set.var_off = {value & ~mask, mask}; break;
        }
    }

    std::mt19937_64 random_;
};

u64 number_from(const char* variable, u64 otherwise) {
    const char* text = std::getenv(variable);
    return text != nullptr ? std::strtoull(text, nullptr, 0) : otherwise;
}

TEST(scalar, random_sets_are_computed_with_soundly) {
    const u64 seed = number_from("BPFTWIN_SEED", 1);
    RandomSets sets(seed);
    const auto alu = arithmetic_rows();
    const auto jumps = jump_rows();
    for (u64 left = number_from("BPFTWIN_RANDOM_CHECKS", 400'000); left > 1; left -= 2) {
        const Sample a = sets.sample();
        const Sample b = sets.sample();
        ASSERT_TRUE(computes_soundly(sets.pick(alu), a, b)) << "BPFTWIN_SEED=" << seed;
        ASSERT_TRUE(branches_soundly(sets.pick(jumps), a, b)) << "BPFTWIN_SEED=" << seed;
    }
}

}  // namespace
}  // namespace bpftwin::test
