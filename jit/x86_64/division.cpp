// Division and remainder. The processor divides rdx:rax, which are r2 and r0, and knows neither
// division by zero nor the minimum by -1; BPF defines both (RFC 9669 section 4.1).
#include "jit/x86_64/emitter.h"

namespace bpftwin::jit::x86_64 {
namespace {

using namespace asmjit::x86;

/// What is wanted of a division.
struct Wanted {
    bool is_signed;
    bool remainder;
};

/// One division with the registers it needs saved around it.
class Division {
public:
    Division(Emitter& e, const Lowered& op, unsigned bits, Wanted wanted)
        : e_(e), op_(op), bits_(bits), wanted_(wanted) {}

    void emit() {
        if (is_constant() && divisor() == 0) return by_zero();
        if (is_constant() && wanted_.is_signed && divisor() == -1) return by_minus_one();
        load_divisor();
        const Label zero = e_.a.newLabel(), minus_one = e_.a.newLabel(), end = e_.a.newLabel();
        if (!is_constant()) {
            e_.a.test(sized(scratch2, bits_), sized(scratch2, bits_));
            e_.a.jz(zero);
            if (wanted_.is_signed) {
                e_.a.cmp(sized(scratch2, bits_), -1);
                e_.a.je(minus_one);
            }
        }
        divide();
        if (!is_constant()) {
            e_.a.jmp(end);
            e_.a.bind(zero);
            by_zero();
            if (wanted_.is_signed) {
                e_.a.jmp(end);
                e_.a.bind(minus_one);
                by_minus_one();
            }
            e_.a.bind(end);
        }
    }

private:
    [[nodiscard]] bool is_constant() const { return op_.right == no_register; }
    [[nodiscard]] std::int64_t divisor() const { return static_cast<std::int32_t>(op_.imm); }

    void load_divisor() {
        const Gp to = sized(scratch2, bits_);
        if (!is_constant())
            e_.a.mov(to, reg(op_.right, bits_));
        else
            e_.a.mov(to, divisor());
    }

    void by_zero() {
        if (wanted_.remainder)
            e_.move(reg(op_.dst, bits_), reg(op_.left, bits_));
        else
            e_.load_constant(reg(op_.dst), 0);
    }

    void by_minus_one() {
        if (wanted_.remainder) return e_.load_constant(reg(op_.dst), 0);
        e_.move(reg(op_.dst, bits_), reg(op_.left, bits_));
        e_.a.neg(reg(op_.dst, bits_));
    }

    [[nodiscard]] bool is_kept(std::uint8_t bpf) const {
        return op_.dst != bpf && (op_.live_after & bit(bpf)) != 0;
    }

    void divide() {
        const bool keeps_r0 = is_kept(0), keeps_r2 = is_kept(2);
        if (keeps_r0) e_.a.mov(scratch, rax);
        if (keeps_r2) e_.a.mov(BPFTWIN_STATE(spill), rdx);
        if (op_.left != 0) e_.a.mov(sized(rax, bits_), reg(op_.left, bits_));
        if (wanted_.is_signed) {
            if (bits_ == 64)
                e_.a.cqo();
            else
                e_.a.cdq();
            e_.a.idiv(sized(scratch2, bits_));
        } else {
            e_.a.xor_(edx, edx);
            e_.a.div(sized(scratch2, bits_));
        }
        // A 32-bit result has its upper half cleared by the move or the division itself.
        const Gp result = sized(wanted_.remainder ? rdx : rax, bits_);
        if (reg(op_.dst).id() != result.id()) e_.a.mov(reg(op_.dst, bits_), result);
        if (keeps_r2) e_.a.mov(rdx, BPFTWIN_STATE(spill));
        if (keeps_r0) e_.a.mov(rax, scratch);
    }

    Emitter& e_;
    const Lowered& op_;
    unsigned bits_;
    Wanted wanted_;
};

}  // namespace

void div(Emitter& e, const Lowered& op, unsigned bits) {
    Division(e, op, bits, {.is_signed = false, .remainder = false}).emit();
}
void mod(Emitter& e, const Lowered& op, unsigned bits) {
    Division(e, op, bits, {.is_signed = false, .remainder = true}).emit();
}
void sdiv(Emitter& e, const Lowered& op, unsigned bits) {
    Division(e, op, bits, {.is_signed = true, .remainder = false}).emit();
}
void smod(Emitter& e, const Lowered& op, unsigned bits) {
    Division(e, op, bits, {.is_signed = true, .remainder = true}).emit();
}

}  // namespace bpftwin::jit::x86_64
