// Every row of the instruction table on every engine: what it leaves in the whole register file and
// in memory, for every register and for the values at which engines go wrong. What is right says
// isa/semantics.h, whose own test is tests/isa/semantics_test.cpp.
#include <array>
#include <cstring>

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "isa/builder.h"
#include "isa/semantics.h"
#include "tests/support/programs.h"

namespace bpftwin::test {
namespace {

using namespace build;
using u8 = std::uint8_t;
using u16 = std::uint16_t;
using u32 = std::uint32_t;
using u64 = std::uint64_t;
using s8 = std::int8_t;
using s16 = std::int16_t;
using s32 = std::int32_t;

constexpr unsigned general = 10;  ///< r0 to r9.
using Registers = std::array<u64, general>;

constexpr Reg reg(unsigned number) { return static_cast<Reg>(number); }

/// Pairs of operands: around zero and the limits of 32 and 64 bits, shift counts, division by zero
/// and of the minimum by -1.
constexpr auto operand_pairs = std::to_array<std::pair<u64, u64>>({
    {0x123456789abcdef0, 0},
    {0x8000000000000000, 0xffffffffffffffff},
    {0x80000000, 0xffffffff},
    {0xffffffff80000000, 0xffffffffffffffff},
    {0xfedcba9876543210, 1},
    {0xfedcba9876543210, 31},
    {0xfedcba9876543210, 32},
    {0xfedcba9876543210, 63},
    {0xfedcba9876543210, 64},
    {0xfedcba9876543210, 0xffffff00},
    {0x8765432100000007, 0xfffffffffffffffd},
    {0xffffffff00000000, 0x00000000ffffffff},
    {5, 0x100000005},
    {0x7fffffff, 0x80000000},
    {0x80, 0x8000},
});

constexpr auto immediates = std::to_array<s32>(
    {0, 1, -1, 2, -2, 7, 31, 32, 33, 63, 64, 127, -128, 255, 65535, 0x7fffffff, -0x7fffffff - 1});

/// What a row that computes leaves in its destination. `src` is the immediate, sign-extended, where
/// there is one.
u64 computed(Op op, u64 dst, u64 src) {
    switch (op) {
#define ALU(name, ...)                                                             \
    case Op::name##32_k:                                                           \
    case Op::name##32_x:                                                           \
        return semantics::name<u32>(static_cast<u32>(dst), static_cast<u32>(src)); \
    case Op::name##64_k:                                                           \
    case Op::name##64_x: return semantics::name<u64>(dst, src);
#define NEG(name, ...)                                                     \
    case Op::name##32: return semantics::name<u32>(static_cast<u32>(dst)); \
    case Op::name##64: return semantics::name<u64>(dst);
#define MOVSX(from, width, ...) \
    case Op::movsx##from##_##width: return semantics::movsx<from, width>(src);
#define CAST(name, ...) \
    case Op::name: return semantics::name(src);
#define END(name, code, bits, ...) \
    case Op::name##bits: return semantics::name<u##bits>(dst);
#include "isa/insns.def"
        default: bug("not a row that computes");
    }
}

/// Whether a conditional jump is taken.
bool taken(Op op, u64 dst, u64 src) {
    switch (op) {
#define JMP(name, ...)                                                             \
    case Op::name##32_k:                                                           \
    case Op::name##32_x:                                                           \
        return semantics::name<u32>(static_cast<u32>(dst), static_cast<u32>(src)); \
    case Op::name##64_k:                                                           \
    case Op::name##64_x: return semantics::name<u64>(dst, src);
#include "isa/insns.def"
        default: bug("not a conditional jump");
    }
}

/// What an atomic row does to memory and registers.
void exchange(Op op, void* at, u64& src, u64& r0) {
    switch (op) {
#define ATOMIC(name, ...)                                                      \
    case Op::name##32: return semantics::name(static_cast<u32*>(at), src, r0); \
    case Op::name##64: return semantics::name(static_cast<u64*>(at), src, r0);
#include "isa/insns.def"
        default: bug("not an atomic row");
    }
}

bool computes(const OpInfo& row) {
    return row.family == Family::alu || row.family == Family::neg || row.family == Family::movsx ||
           row.family == Family::cast || row.family == Family::end;
}

u64 extended(s32 imm) { return static_cast<u64>(std::int64_t{imm}); }

/// Runs instructions between a load and a save of all general registers, which are the first ten
/// words of the context. Memory for the instructions lies behind them.
class Bench {
public:
    static constexpr unsigned words = 32;
    using Words = std::array<u64, words>;

    Bench(const EngineCase& engine, const std::vector<Item>& middle) {
        std::vector<Item> items{stxdw(r10, -8, r1)};
        for (unsigned i = 0; i < general; ++i)
            if (i != 1) items.push_back(ldxdw(reg(i), r1, static_cast<s16>(8 * i)));
        items.push_back(ldxdw(r1, r1, 8));
        items.insert(items.end(), middle.begin(), middle.end());
        for (unsigned i = 0; i < general; ++i) items.push_back(stxdw(r10, saved(i), reg(i)));
        items.push_back(ldxdw(r1, r10, -8));
        for (unsigned i = 0; i < general; ++i) {
            items.push_back(ldxdw(r2, r10, saved(i)));
            items.push_back(stxdw(r1, static_cast<s16>(8 * i), r2));
        }
        items.insert(items.end(), {mov(r0, 0), build::exit()});
        instance_ = instantiated(engine, object_of({{.name = "prog", .insns = program(items)}}));
    }

    Words run(const Words& before) {
        RunInput input{.context = Bytes(sizeof before), .world = World::fixed()};
        std::memcpy(input.context->data(), before.data(), sizeof before);
        const auto result = instance_->run("prog", input).value();
        EXPECT_FALSE(result.trap) << result.trap->describe();
        Words after{};
        std::memcpy(after.data(), result.context.data(), sizeof after);
        return after;
    }

private:
    static constexpr s16 saved(unsigned i) {
        return static_cast<s16>(-16 - 8 * static_cast<s16>(i));
    }

    std::unique_ptr<Instance> instance_;
};

/// Different numbers with all bytes different from each other.
Bench::Words numbered() {
    Bench::Words words;
    for (unsigned i = 0; i < words.size(); ++i)
        words[i] = 0x8877665544332211 + u64{i} * 0x0101010101010101;
    return words;
}

class instructions : public testing::TestWithParam<EngineCase> {
protected:
    Bench bench(const Insn& one) { return {GetParam(), {one}}; }
};
INSTANTIATE_TEST_SUITE_P(engines, instructions, testing::ValuesIn(engine_cases()),
                         [](const auto& engine) { return engine.param.name; });

TEST_P(instructions, compute_from_registers_and_leave_all_others_alone) {
    for (const OpInfo& row : op_table) {
        if (!computes(row) || !has(row.operands, src_field)) continue;
        for (u8 dst = 0; dst < general; ++dst)
            for (u8 src = 0; src < general; ++src) {
                const s32 imm = row.family == Family::cast ? 1 : 0;
                auto bench = this->bench(insn(row.op, {.dst = dst, .src = src, .imm = imm}));
                for (const auto& [a, b] : operand_pairs) {
                    auto words = numbered();
                    words[src] = b;
                    words[dst] = a;
                    auto expected = words;
                    expected[dst] = computed(row.op, words[dst], words[src]);
                    ASSERT_EQ(bench.run(words), expected)
                        << row.name << " r" << +dst << ", r" << +src << std::hex << ": " << a
                        << ", " << b;
                }
            }
    }
}

TEST_P(instructions, compute_from_immediates_and_leave_all_others_alone) {
    for (const OpInfo& row : op_table) {
        if (!computes(row) || has(row.operands, src_field)) continue;
        const bool has_number = row.family == Family::alu;
        for (u8 dst = 0; dst < general; ++dst)
            for (const s32 imm : std::span(immediates).first(has_number ? immediates.size() : 1)) {
                auto bench = this->bench(insn(row.op, {.dst = dst, .imm = imm}));
                for (const auto& [a, b] : operand_pairs) {
                    auto words = numbered();
                    words[dst] = a;
                    auto expected = words;
                    expected[dst] = computed(row.op, a, extended(imm));
                    ASSERT_EQ(bench.run(words), expected)
                        << row.name << " r" << +dst << std::hex << ": " << a << ", " << imm;
                }
            }
    }
}

/// A jump, and r0 = 1 where it is taken, else 0.
std::vector<Item> report_jump(const Insn& jump) {
    Insn aimed = jump;
    aimed.off = 1;
    return {stdw(r10, -104, 1), aimed, stdw(r10, -104, 0), ldxdw(r0, r10, -104)};
}

TEST_P(instructions, jump_on_registers_where_the_condition_holds) {
    for (const OpInfo& row : op_table) {
        if (row.family != Family::jmp || has_immediate_operand(row.op)) continue;
        for (u8 dst = 0; dst < general; ++dst)
            for (u8 src = 0; src < general; ++src) {
                Bench bench(GetParam(), report_jump(insn(row.op, {.dst = dst, .src = src})));
                for (const auto& [a, b] : operand_pairs) {
                    auto words = numbered();
                    words[src] = b;
                    words[dst] = a;
                    auto expected = words;
                    expected[0] = taken(row.op, words[dst], words[src]) ? 1 : 0;
                    ASSERT_EQ(bench.run(words), expected)
                        << row.name << " r" << +dst << ", r" << +src << std::hex << ": " << a
                        << ", " << b;
                }
            }
    }
}

TEST_P(instructions, jump_on_sign_extended_immediates_where_the_condition_holds) {
    for (const OpInfo& row : op_table) {
        if (row.family != Family::jmp || !has_immediate_operand(row.op)) continue;
        for (u8 dst = 0; dst < general; ++dst)
            for (const s32 imm : immediates) {
                Bench bench(GetParam(), report_jump(insn(row.op, {.dst = dst, .imm = imm})));
                for (const u64 a : {extended(imm), extended(imm) + 1, extended(imm) - 1,
                                    u64{static_cast<u32>(imm)}, u64{1} << 63, u64{1} << 31,
                                    u64{0xffffffff} << 32}) {
                    auto words = numbered();
                    words[dst] = a;
                    auto expected = words;
                    expected[0] = taken(row.op, a, extended(imm)) ? 1 : 0;
                    ASSERT_EQ(bench.run(words), expected)
                        << row.name << " r" << +dst << std::hex << ": " << a << ", " << imm;
                }
            }
    }
}

bool loads(const OpInfo& row) {
    return row.family == Family::ldx || row.family == Family::ldxsx ||
           row.family == Family::load_acquire;
}

bool stores(const OpInfo& row) {
    return row.family == Family::st || row.family == Family::stx ||
           row.family == Family::store_release;
}

/// What a load makes of the bytes at `at`.
u64 loaded(Op op, const void* at) {
    const auto value = [at]<class T>(T) {
        T result;
        std::memcpy(&result, at, sizeof result);
        return static_cast<u64>(static_cast<std::int64_t>(result));
    };
    switch (op) {
#define LDX(name, code, ctype, ...) \
    case Op::name: return value(ctype{});
#define LDXSX(name, code, ctype, ...) LDX(name, code, ctype)
#define LOAD_ACQUIRE(name, code, ctype, ...) LDX(name, code, ctype)
#include "isa/insns.def"
        default: bug("not a load");
    }
}

/// Where accesses go: into the middle of the words behind the registers, aligned.
constexpr unsigned target_word = 16;

/// `base` pointing `off` below the target, then the instruction.
std::vector<Item> access(u8 base, s32 off, const Insn& one) {
    return {ldxdw(reg(base), r10, -8), add(reg(base), static_cast<s32>(8 * target_word) - off),
            one};
}

std::byte* target(Bench::Words& words) { return reinterpret_cast<std::byte*>(&words[target_word]); }

constexpr auto displacements = std::to_array<s16>(
    {0, 8, -8, 120, -120, 128, -128, 136, -136, 248, 256, 4088, 4096, 32760, -32768});

TEST_P(instructions, load_into_every_register_by_every_register) {
    for (const OpInfo& row : op_table) {
        if (!loads(row)) continue;
        for (u8 dst = 0; dst < general; ++dst)
            for (u8 base = 0; base < general; ++base) {
                auto items = access(base, 0, insn(row.op, {.dst = dst, .src = base}));
                if (dst != base) items.push_back(mov(reg(base), 7));
                auto words = numbered();
                auto expected = words;
                expected[base] = 7;
                expected[dst] = loaded(row.op, target(words));
                ASSERT_EQ(Bench(GetParam(), items).run(words), expected)
                    << row.name << " r" << +dst << ", r" << +base;
            }
    }
}

TEST_P(instructions, store_from_every_register_by_every_register_and_nothing_beside) {
    for (const OpInfo& row : op_table) {
        if (!stores(row)) continue;
        for (u8 src = 0; src < general; ++src)
            for (u8 base = 0; base < general; ++base) {
                if (src == base) continue;
                const bool has_source = has(row.operands, src_field);
                const s32 imm = -0x12345678;
                auto items = access(base, 0,
                                    insn(row.op, {.dst = base,
                                                  .src = has_source ? src : u8{0},
                                                  .imm = has_source ? 0 : imm}));
                items.push_back(mov(reg(base), 7));
                auto words = numbered();
                auto expected = words;
                const u64 value = has_source ? words[src] : extended(imm);
                std::memcpy(target(expected), &value, row.bits / 8u);
                expected[base] = 7;
                ASSERT_EQ(Bench(GetParam(), items).run(words), expected)
                    << row.name << " r" << +base << ", r" << +src;
            }
    }
}

TEST_P(instructions, access_memory_at_every_kind_of_displacement_and_alignment) {
    for (const OpInfo& row : op_table) {
        const bool ordered =
            row.family == Family::load_acquire || row.family == Family::store_release;
        if (!loads(row) && !stores(row)) continue;
        for (const s16 off : displacements)
            for (s32 shift = 0; shift < (ordered ? 1 : 8); ++shift) {
                Operands operands{.dst = 3, .src = 3, .off = off};
                if (loads(row)) operands.dst = 4;
                if (stores(row)) operands.src = has(row.operands, src_field) ? 4 : 0;
                auto items = access(3, off - shift, insn(row.op, operands));
                items.push_back(mov(r3, 7));
                auto words = numbered();
                auto expected = words;
                expected[3] = 7;
                const u64 value = has(row.operands, src_field) ? words[4] : 0;
                if (loads(row)) expected[4] = loaded(row.op, target(words) + shift);
                if (stores(row)) std::memcpy(target(expected) + shift, &value, row.bits / 8u);
                ASSERT_EQ(Bench(GetParam(), items).run(words), expected)
                    << row.name << ' ' << off << ' ' << shift;
            }
    }
}

TEST_P(instructions, exchange_memory_and_registers_and_nothing_beside) {
    for (const OpInfo& row : op_table) {
        if (row.family != Family::atomic) continue;
        for (u8 src = 0; src < general; ++src)
            for (u8 base = 0; base < general; ++base) {
                // An exchange that compares finds an address in r0 then.
                const bool compares = row.symbol == "cmpxchg";
                if (src == base || (compares && base == 0)) continue;
                auto items = access(base, 0, insn(row.op, {.dst = base, .src = src}));
                items.push_back(mov(reg(base), 7));
                Bench bench(GetParam(), items);
                for (const auto& [in_memory, in_r0] : operand_pairs)
                    for (const bool equal : {false, true}) {
                        auto words = numbered();
                        words[target_word] = in_memory;
                        words[0] = equal ? in_memory : in_r0;
                        auto expected = words;
                        exchange(row.op, target(expected), expected[src], expected[0]);
                        expected[base] = 7;
                        ASSERT_EQ(bench.run(words), expected)
                            << row.name << " r" << +base << ", r" << +src << std::hex << ": "
                            << in_memory << ", " << in_r0;
                    }
            }
    }
}

/// A fetch whose memory is where its own operand points: the address goes to memory, the old value
/// to the register.
TEST_P(instructions, fetch_into_the_register_that_holds_the_address) {
    for (const OpInfo& row : op_table) {
        if (row.family != Family::atomic || (row.discriminator_value & 1) == 0) continue;
        if (row.symbol == "cmpxchg") continue;
        for (u8 both = 0; both < general; ++both) {
            auto items = access(both, 0, insn(row.op, {.dst = both, .src = both}));
            // What is in memory now depends on the address.
            items.insert(items.end(),
                         {stxdw(r10, -104, reg(both)), ldxdw(reg(both), r10, -8),
                          stdw(reg(both), 8 * target_word, 5), ldxdw(reg(both), r10, -104)});
            auto words = numbered();
            auto expected = words;
            expected[target_word] = 5;
            expected[both] =
                row.bits == 32 ? static_cast<u32>(words[target_word]) : words[target_word];
            ASSERT_EQ(Bench(GetParam(), items).run(words), expected) << row.name << " r" << +both;
        }
    }
}

TEST_P(instructions, load_64_bit_constants_into_every_register) {
    for (u8 dst = 0; dst < general; ++dst)
        for (const auto& [value, other] : operand_pairs)
            for (const u64 constant : {value, other}) {
                auto words = numbered();
                auto expected = words;
                expected[dst] = constant;
                ASSERT_EQ(Bench(GetParam(), {lddw(reg(dst), constant)}).run(words), expected);
            }
}

// --- The same in numbers, for a reader: what other compilers have got wrong.

class known_mistake : public testing::TestWithParam<EngineCase> {
protected:
    u64 run(std::string_view text) {
        const auto result = run_first(GetParam(), object_of({assembled(text)}),
                                      {.context = Bytes(64, std::byte{0xa5})});
        EXPECT_FALSE(result.trap) << result.trap->describe();
        return result.return_value;
    }
};
INSTANTIATE_TEST_SUITE_P(engines, known_mistake, testing::ValuesIn(engine_cases()),
                         [](const auto& engine) { return engine.param.name; });

TEST_P(known_mistake, a_shift_by_0_keeps_the_value) {
    EXPECT_EQ(run("r0 = 5\n r1 = 0\n r0 <<= r1\n r0 >>= r1\n r0 s>>= r1\n exit"), 5u);
    EXPECT_EQ(run("r0 = -5\n w0 <<= 0\n exit"), 0xfffffffbu);
    EXPECT_EQ(run("r0 = -5\n r4 = 0\n w0 s>>= w4\n exit"), 0xfffffffbu);
}

TEST_P(known_mistake, a_shift_count_may_be_in_the_register_that_is_shifted) {
    EXPECT_EQ(run("r3 = 3\n r3 <<= r3\n r0 = r3\n exit"), 24u);
    EXPECT_EQ(run("r4 = 4\n r4 <<= r4\n r0 = r4\n exit"), 64u);
}

TEST_P(known_mistake, a_shift_leaves_its_count) {
    EXPECT_EQ(run("r4 = 7\n r3 = 2\n r4 <<= r3\n r0 = r3\n r0 *= 1000\n r0 += r4\n exit"), 2028u);
    EXPECT_EQ(run("r3 = 7\n r4 = 2\n r3 <<= r4\n r0 = r4\n r0 *= 1000\n r0 += r3\n exit"), 2028u);
}

TEST_P(known_mistake, a_shift_count_wraps_at_the_width) {
    EXPECT_EQ(run("r0 = 1\n r1 = 65\n r0 <<= r1\n exit"), 2u);
    EXPECT_EQ(run("w0 = 1\n w1 = 33\n w0 <<= w1\n exit"), 2u);
    EXPECT_EQ(run("w0 = -8\n w1 = 32\n w0 s>>= w1\n exit"), 0xfffffff8u);
}

TEST_P(known_mistake, jset_sign_extends_its_immediate_to_64_bits_only) {
    EXPECT_EQ(run("r0 = 1\n r1 = 0x100000000 ll\n if r1 & -1 goto out\n r0 = 0\n out: exit"), 1u);
    EXPECT_EQ(run("r0 = 1\n r1 = 0x100000000 ll\n if w1 & -1 goto out\n r0 = 0\n out: exit"), 0u);
    EXPECT_EQ(run("r0 = 1\n r1 = 0x8000000000000000 ll\n if r1 & -2147483648 goto out\n"
                  "r0 = 0\n out: exit"),
              1u);
}

TEST_P(known_mistake, a_byte_store_writes_the_low_byte_of_its_register) {
    for (const char* number : {"0", "2", "3", "4", "5", "6", "7", "8", "9"}) {
        const std::string r = std::string("r") + number;
        EXPECT_EQ(run("*(u64 *)(r10 -8) = 0\n" + r + " = 0x1234\n*(u8 *)(r10 -8) = " + r +
                      "\n r0 = *(u64 *)(r10 -8)\n exit"),
                  0x34u)
            << r;
    }
}

TEST_P(known_mistake, a_32_bit_result_clears_the_upper_half) {
    for (const char* op :
         {"w0 += 1",     "w0 -= 1",      "w0 *= 1",      "w0 /= 1",      "w0 |= 1",
          "w0 &= -1",    "w0 <<= 0",     "w0 >>= 0",     "w0 s>>= 0",    "w0 %= 7",
          "w0 ^= 0",     "w0 = -w0",     "w0 = w0",      "w0 s/= 1",     "w0 s%= 7",
          "w0 = (s8)w0", "w0 = (s16)w0", "r0 = be32 r0", "r0 = le32 r0", "r0 = bswap32 r0",
          "r0 = le16 r0"})
        EXPECT_EQ(run(std::string("r0 = -1\n") + op + "\n r0 >>= 32\n exit"), 0u) << op;
}

TEST_P(known_mistake, an_old_32_bit_value_clears_the_upper_half) {
    for (const char* op : {"fetch_add", "fetch_or", "fetch_and", "fetch_xor", "xchg"})
        EXPECT_EQ(run(std::string("r0 = -1\n *(u64 *)(r10 -8) = -1\n r0 = atomic_") + op +
                      "((u32 *)(r10 -8), r0)\n r0 >>= 32\n exit"),
                  0u)
            << op;
}

TEST_P(known_mistake, a_32_bit_exchange_clears_the_upper_half_whether_it_stores_or_not) {
    constexpr auto text =
        "*(u64 *)(r10 -8) = 5\n r1 = 9\n"
        "r0 = atomic_cmpxchg((u32 *)(r10 -8), r0, r1)\n exit";
    EXPECT_EQ(run(std::string("r0 = 0xffffffff00000005 ll\n") + text), 5u);
    EXPECT_EQ(run(std::string("r0 = 0xffffffff00000006 ll\n") + text), 5u);
}

TEST_P(known_mistake, an_atomic_operation_without_fetch_leaves_its_source) {
    for (const char* op : {"+=", "|=", "&=", "^="})
        EXPECT_EQ(run(std::string("*(u64 *)(r10 -8) = 5\n r0 = 9\n lock *(u64 *)(r10 -8) ") + op +
                      " r0\n exit"),
                  9u)
            << op;
}

TEST_P(known_mistake, an_exchange_works_with_r0_as_its_source) {
    EXPECT_EQ(run("*(u64 *)(r10 -8) = 5\n r0 = 5\n r0 = atomic64_cmpxchg((u64 *)(r10 -8), r0, r0)\n"
                  "r1 = *(u64 *)(r10 -8)\n r0 *= 10\n r0 += r1\n exit"),
              55u);
    EXPECT_EQ(run("*(u64 *)(r10 -8) = 5\n r0 = 9\n r0 = atomic64_xchg((u64 *)(r10 -8), r0)\n"
                  "r1 = *(u64 *)(r10 -8)\n r0 *= 10\n r0 += r1\n exit"),
              59u);
}

TEST_P(known_mistake, the_minimum_by_minus_1_is_the_minimum_without_remainder) {
    EXPECT_EQ(run("r0 = 0x8000000000000000 ll\n r0 s/= -1\n exit"), u64{1} << 63);
    EXPECT_EQ(run("r0 = 0x8000000000000000 ll\n r1 = -1\n r0 s%= r1\n exit"), 0u);
    EXPECT_EQ(run("w0 = -2147483648\n w0 s/= -1\n exit"), 0x80000000u);
    EXPECT_EQ(run("w0 = -2147483648\n w1 = -1\n w0 s/= w1\n exit"), 0x80000000u);
    EXPECT_EQ(run("w0 = -2147483648\n w1 = -1\n w0 s%= w1\n exit"), 0u);
    // Unsigned it is just a large number.
    EXPECT_EQ(run("w0 = -2147483648\n w1 = -1\n w0 /= w1\n exit"), 0u);
    EXPECT_EQ(run("w0 = -2147483648\n w1 = -1\n w0 %= w1\n exit"), 0x80000000u);
}

TEST_P(known_mistake, division_by_0_gives_0_and_remainder_by_0_the_dividend) {
    for (const char* zero : {"r1 = 0", "r1 = 0x100000000 ll"}) {
        const std::string begin = std::string("r0 = -7\n") + zero + "\n";
        EXPECT_EQ(run(begin + "w0 /= w1\n exit"), 0u);
        EXPECT_EQ(run(begin + "w0 s/= w1\n exit"), 0u);
        EXPECT_EQ(run(begin + "w0 %= w1\n exit"), 0xfffffff9u);
        EXPECT_EQ(run(begin + "w0 s%= w1\n exit"), 0xfffffff9u);
    }
    for (const char* zero : {"0", "r1"}) {
        const std::string begin = "r0 = -7\n r1 = 0\n r0 ";
        EXPECT_EQ(run(begin + "/= " + zero + "\n exit"), 0u);
        EXPECT_EQ(run(begin + "s/= " + zero + "\n exit"), 0u);
        EXPECT_EQ(run(begin + "%= " + zero + "\n exit"), extended(-7));
        EXPECT_EQ(run(begin + "s%= " + zero + "\n exit"), extended(-7));
    }
}

TEST_P(known_mistake, division_leaves_the_registers_that_the_processor_divides_in) {
    EXPECT_EQ(run("r0 = 100\n r3 = 30\n r4 = 7\n r0 /= r4\n r3 %= r4\n r0 *= 10\n r0 += r3\n"
                  "r0 *= 10\n r0 += r4\n exit"),
              1427u);
    EXPECT_EQ(run("r3 = 100\n r0 = 7\n r3 /= r0\n r0 *= 100\n r0 += r3\n exit"), 714u);
}

}  // namespace
}  // namespace bpftwin::test
