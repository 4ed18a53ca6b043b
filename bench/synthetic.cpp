#include "bench/synthetic.h"

#include <array>
#include <random>

#include "isa/builder.h"

namespace bpftwin::bench {
namespace {

using namespace build;

constexpr std::int32_t get_smp_processor_id = 8;
constexpr std::int16_t context_words = 8;
constexpr std::int16_t stack_words = 16;

/// Emits random pieces of code. r6 is the context; r0, r1 to r3 and r7 to r9 hold values.
class Writer {
public:
    explicit Writer(std::size_t size) : size_(size) { insns_.reserve(size); }

    std::vector<Insn> program() && {
        emit(mov(r6, r1));
        for (const Reg reg : values) emit(mov(reg, below(1000)));
        while (left() > 1) piece();
        emit(build::exit());
        return std::move(insns_);
    }

private:
    static constexpr std::array values = {r0, r1, r2, r3, r7, r8, r9};

    [[nodiscard]] std::size_t left() const { return size_ - insns_.size(); }
    void emit(const Insn& one) { insns_.push_back(one); }
    std::int32_t below(std::uint32_t limit) { return static_cast<std::int32_t>(random_() % limit); }
    Reg value() { return values[static_cast<std::size_t>(below(values.size()))]; }
    std::int16_t context_offset() { return static_cast<std::int16_t>(8 * below(context_words)); }
    std::int16_t stack_offset() { return static_cast<std::int16_t>(-8 * (1 + below(stack_words))); }

    /// One piece, or a single instruction where the program ends soon.
    void piece() {
        constexpr std::size_t longest = 6;
        const std::int32_t percent = left() > longest ? below(100) : 0;
        if (percent < 45) return emit(arithmetic());
        if (percent < 65) return memory();
        if (percent < 83) return branch();
        if (percent < 93) return move();
        if (percent < 97) return constant();
        call();
    }

    // Arguments are drawn one per statement: their order within a call is the compiler's choice.
    Insn arithmetic() {
        const Reg dst = value();
        const Reg src = value();
        const std::int32_t small = below(32);
        switch (below(8)) {
            case 0: return add(dst, small);
            case 1: return add(dst, src);
            case 2: return and_(dst, src);
            case 3: return lsh(dst, small);
            case 4: return rsh(dst, small);
            case 5: return xor_32(dst, src);
            case 6: return add32(dst, small);
            default: return mul(dst, src);
        }
    }

    void memory() {
        const Reg reg = value();
        const std::int16_t context = context_offset();
        switch (below(4)) {
            case 0: return emit(ldxw(reg, r6, context));
            case 1: return emit(ldxdw(reg, r6, context));
            case 2: return emit(stxdw(r6, context, reg));
            default: return spill_and_fill(reg);
        }
    }

    /// What is loaded from the stack was stored just before: the rest of it is not defined.
    void spill_and_fill(Reg spilled) {
        const std::int16_t offset = stack_offset();
        emit(stxdw(r10, offset, spilled));
        emit(ldxdw(value(), r10, offset));
    }

    void branch() {
        const Reg left = value();
        const Reg right = value();
        const auto skipped = static_cast<std::int16_t>(1 + below(3));
        emit(below(2) == 0 ? jne(left, 7, skipped) : jgt(left, right, skipped));
        for (std::int16_t i = 0; i < skipped; ++i) emit(arithmetic());
    }

    void move() {
        const Reg dst = value();
        emit(mov(dst, value()));
    }

    void constant() {
        const Reg dst = value();
        const std::uint64_t high = random_();
        for (const Insn& slot : lddw(dst, high << 32 | random_())) emit(slot);
    }

    /// The call leaves r1 to r5 undefined.
    void call() {
        emit(build::call(get_smp_processor_id));
        for (const Reg reg : {r1, r2, r3}) emit(mov(reg, r0));
    }

    std::size_t size_;
    std::mt19937 random_{1};
    std::vector<Insn> insns_;
};

}  // namespace

ObjectSpec synthetic_object(std::size_t insns) {
    ProgramSpec program;
    program.name = "synthetic";
    program.insns = Writer(insns).program();
    program.functions = {{0, program.name}};
    ObjectSpec object;
    object.name = program.name;
    object.license = "GPL";
    object.programs.push_back(std::move(program));
    return object;
}

}  // namespace bpftwin::bench
