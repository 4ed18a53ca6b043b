// The generator keeps our knowledge up to date as it goes, so that most comparisons are open and
// most operations have something to work on.
#include "tests/verifier/number_program.h"

#include <utility>

#include "isa/encode.h"

namespace bpftwin::test {

using verifier::Comparison;
using verifier::Scalar;
using verifier::Truth;

namespace {

std::uint64_t near(std::mt19937_64& random, std::uint64_t value) {
    return value + random() % 3 - 1;
}

/// Rows of a family, but moves.
std::vector<Op> rows_of(Family family) {
    std::vector<Op> rows;
    for (const OpInfo& row : op_table)
        if (row.family == family && row.symbol != "=") rows.push_back(row.op);
    return rows;
}

class Generator {
public:
    Generator(std::mt19937_64& random, unsigned steps) : random_(random) {
        start_anew(6);
        start_anew(7);
        while (program_.steps.size() < steps) step();
        finish();
    }
    NumberProgram take() { return std::move(program_); }

private:
    std::uint64_t pick(std::uint64_t bound) { return random_() % bound; }
    Op pick(const std::vector<Op>& ops) { return ops[pick(ops.size())]; }
    Scalar& reg(unsigned number) { return number == 6 ? known_.r6 : known_.r7; }

    void step() {
        const unsigned dst = 6 + pick(2);
        const bool is_dull = reg(dst).is_const() || reg(dst) == Scalar::unknown();
        if (reg(dst) == Scalar::unknown() ? pick(8) != 0 : pick(5) < 2) return jump(dst);
        if (is_dull ? pick(3) == 0 : pick(40) == 0) return start_anew(dst);
        switch (pick(8)) {
            case 0: return extend(dst);
            case 1: return unary(dst);
            default: return binary(dst);
        }
    }

    void emit(const Insn& one) { program_.insns.push_back(one); }
    NumberStep& note(const Known& before) {
        const auto slot = static_cast<unsigned>(program_.insns.size() - 1);
        return program_.steps.emplace_back(NumberStep{slot, before, known_, false, {}, false});
    }

    void start_anew(unsigned dst) {
        const Known before = known_;
        if (pick(4) != 0) {
            emit(insn(Op::call_helper, {.imm = 7}));
            emit(insn(Op::mov64_x, {.dst = static_cast<std::uint8_t>(dst)}));
            reg(dst) = Scalar::unknown();
        } else {
            const std::uint64_t value = interesting_number(random_);
            for (const Insn& slot : lddw_slots(static_cast<std::uint8_t>(dst), value)) emit(slot);
            reg(dst) = Scalar::constant(value);
        }
        emit(insn(Op::mov64_k));
        note(before).starts_anew = true;
    }

    std::int32_t immediate(const Scalar& other) {
        const std::uint64_t bounds[] = {other.umin,
                                        other.umax,
                                        static_cast<std::uint64_t>(other.smin),
                                        static_cast<std::uint64_t>(other.smax),
                                        other.u32_min,
                                        other.u32_max,
                                        static_cast<std::uint32_t>(other.s32_min),
                                        static_cast<std::uint32_t>(other.s32_max)};
        const std::uint64_t value =
            pick(2) == 0 ? near(random_, bounds[pick(8)]) : interesting_number(random_);
        return static_cast<std::int32_t>(value);
    }

    void extend(unsigned dst) {
        const Known before = known_;
        const auto number = static_cast<std::uint8_t>(dst);
        static const std::vector<Op> rows = rows_of(Family::movsx);
        const Op op = pick(rows);
        if (pick(3) == 0) {
            emit(insn(Op::mov32_x, {.dst = number, .src = number}));
            reg(dst).zero_extend_32();
        } else {
            emit(insn(op, {.dst = number, .src = number}));
            reg(dst).sign_extend(static_cast<unsigned>(info(op).discriminator_value) / 8,
                                 info(op).bits);
        }
        note(before);
    }

    void unary(unsigned dst) {
        static const std::vector<Op> negs = rows_of(Family::neg);
        static const std::vector<Op> ends = rows_of(Family::end);
        const Known before = known_;
        const Op op = pick(8) == 0 ? pick(ends) : pick(negs);
        emit(insn(op, {.dst = static_cast<std::uint8_t>(dst)}));
        apply(op, reg(dst), reg(dst));
        note(before);
    }

    static bool is_division(Op op) {
        return (info(op).code & 0xf0) == 0x30 || (info(op).code & 0xf0) == 0x90;
    }
    static bool is_shift(Op op) {
        const unsigned code = info(op).code & 0xf0;
        return code == 0x60 || code == 0x70 || code == 0xc0;
    }
    /// There the kernel goes on with two states, one per value.
    static bool forks(Op op, const Scalar& dst, const Scalar& src) {
        const unsigned code = info(op).code & 0xf0;
        return (code == 0x40 || code == 0x50) && src.is_const() &&
               ((dst.smin == -1 && dst.smax == 0) || (dst.s32_min == -1 && dst.s32_max == 0));
    }

    /// The second operand of an instruction, as it is encoded and as it is known.
    struct Operand {
        std::uint8_t src;
        std::int32_t imm;
        Scalar known;
    };
    Operand operand(Op op, unsigned dst, std::int32_t imm) {
        if (has_immediate_operand(op))
            return {0, imm, Scalar::constant(static_cast<std::uint64_t>(std::int64_t{imm}))};
        const unsigned src = pick(16) == 0 ? dst : 13 - dst;
        return {static_cast<std::uint8_t>(src), 0, reg(src)};
    }
    void emit(Op op, unsigned dst, const Operand& second) {
        emit(insn(op,
                  {.dst = static_cast<std::uint8_t>(dst), .src = second.src, .imm = second.imm}));
    }

    void binary(unsigned dst) {
        static const std::vector<Op> rows = rows_of(Family::alu);
        const Op op = pick(rows);
        if (is_division(op) && pick(8) != 0) return;
        std::int32_t imm = immediate(reg(dst));
        if (is_shift(op)) imm = static_cast<std::int32_t>(pick(info(op).bits));
        if (is_division(op) && imm == 0) imm = 1;
        const Operand second = operand(op, dst, imm);
        if (forks(op, reg(dst), second.known)) return;
        const Known before = known_;
        emit(op, dst, second);
        apply(op, reg(dst), second.known);
        forget_contradictions(reg(dst));
        note(before);
    }

    /// As the kernel does on paths that it does not see to be dead (reg_bounds_sanity_check).
    static void forget_contradictions(Scalar& scalar) {
        if (!scalar.is_violated()) return;
        scalar.forget_64_bounds();
        scalar.forget_32_bounds();
    }

    /// What is known where the comparison holds.
    Known refined(Comparison comparison, unsigned bits, unsigned dst, Operand second) {
        const Known before = known_;
        Scalar& other = second.src == 0 ? second.known : reg(second.src);
        refine(comparison, bits, reg(dst), other);
        forget_contradictions(reg(dst));
        forget_contradictions(other);
        return std::exchange(known_, before);
    }

    void jump(unsigned dst) {
        static const std::vector<Op> rows = rows_of(Family::jmp);
        const Op op = pick(rows);
        const unsigned bits = info(op).bits;
        const Operand second = operand(op, dst, immediate(reg(dst)));
        const Comparison comparison = verifier::comparison_of(op);
        const Truth truth = holds(comparison, bits, reg(dst), second.known);
        if (truth == Truth::always || (truth == Truth::never && pick(10) != 0)) return;
        const Known before = known_;
        emit(op, dst, second);
        if (truth == Truth::unknown) known_ = refined(negated(comparison), bits, dst, second);
        NumberStep& step = note(before);
        if (truth == Truth::never) return;
        step.branches = true;
        known_ = before;
        step.taken = refined(comparison, bits, dst, second);
        known_ = step.after;
    }

    void exit() {
        emit(insn(Op::mov64_k));
        emit(insn(Op::exit));
    }

    void finish() {
        exit();
        for (const NumberStep& step : program_.steps) {
            Insn& at = program_.insns[step.insn];
            if ((at.code & 7) != 5 && (at.code & 7) != 6) continue;
            at.off = static_cast<std::int16_t>(program_.insns.size() - step.insn - 1);
            exit();
        }
    }

    std::mt19937_64& random_;
    NumberProgram program_;
    Known known_;
};

}  // namespace

std::uint64_t interesting_number(std::mt19937_64& random) {
    const std::uint64_t power = std::uint64_t{1} << random() % 64;
    switch (random() % 6) {
        case 0: return near(random, 0);
        case 1: return near(random, power);
        case 2: return near(random, ~power + 1);
        case 3: return random() % 64;
        case 4: return random() >> random() % 64;
        default: return near(random, std::uint64_t{1} << (random() % 2 == 0 ? 31 : 32));
    }
}

NumberProgram number_program(std::mt19937_64& random, unsigned steps) {
    return Generator(random, steps).take();
}

}  // namespace bpftwin::test
