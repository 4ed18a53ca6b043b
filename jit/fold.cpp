// Short sequences that do the work of one operation of a real machine. Compilers write them because
// BPF has two-address arithmetic, no index registers, no rotate and no bit test.
//
// One walk forwards: operations are moved to the front of the same vector, each looking back at a
// few that were kept already. A sequence never contains a jump target but at its beginning.
#include <algorithm>
#include <limits>
#include <span>
#include <utility>

#include "jit/lower.h"

namespace bpftwin::jit {
namespace {

constexpr bool fits_s32(std::int64_t value) {
    return value >= std::numeric_limits<std::int32_t>::min() &&
           value <= std::numeric_limits<std::int32_t>::max();
}

bool is_alu(const Lowered& op) { return is_family(op.row, Family::alu); }
bool is_mov(const Lowered& op) { return is_alu(op) && op.left == no_register; }

/// Whether an operation only computes its `dst`.
bool is_pure(const Lowered& op) {
    if (op.row == Row::rotate32 || op.row == Row::rotate64) return true;
    if (!is_op(op.row)) return false;
    switch (info(op.row).family) {
        case Family::alu:
        case Family::neg:
        case Family::movsx:
        case Family::cast:
        case Family::end:
        case Family::lddw: return true;
        default: return false;
    }
}

/// Whether the upper half of the register written is certainly zero.
bool zero_extends(const Lowered& op) {
    if (op.row == Row::rotate32) return true;
    if (!is_op(op.row)) return false;
    const OpInfo& row = info(op.row);
    switch (row.family) {
        case Family::alu:
        case Family::neg:
        case Family::movsx:
        case Family::end:
        case Family::ldx: return row.bits <= 32;
        default: return false;
    }
}

bool accesses_memory(const Lowered& op) {
    if (!is_op(op.row)) return false;
    switch (info(op.row).family) {
        case Family::ldx:
        case Family::ldxsx:
        case Family::st:
        case Family::stx: return true;
        default: return false;
    }
}

/// The jump that is taken when `row` is not; of every jump but jset.
Row inverse(Row row) {
    constexpr std::pair<Row, Row> opposites[] = {
        {Row::jeq64_k, Row::jne64_k},   {Row::jgt64_k, Row::jle64_k},
        {Row::jge64_k, Row::jlt64_k},   {Row::jsgt64_k, Row::jsle64_k},
        {Row::jsge64_k, Row::jslt64_k},
    };
    // The four forms of a jump follow each other in the same order.
    constexpr unsigned forms = 4;
    for (const auto& [a, b] : opposites) {
        const unsigned from_a = static_cast<unsigned>(row) - static_cast<unsigned>(a);
        const unsigned from_b = static_cast<unsigned>(row) - static_cast<unsigned>(b);
        if (from_a < forms) return static_cast<Row>(static_cast<unsigned>(b) + from_a);
        if (from_b < forms) return static_cast<Row>(static_cast<unsigned>(a) + from_b);
    }
    bug("a jump without an opposite");
}

class Folding {
public:
    explicit Folding(LoweredProgram& program) : program_(program), code_(program.code) {}

    void run() {
        for (LoweredFunction& function : program_.functions) {
            const std::uint32_t begin = kept_;
            first_ = begin;
            for (std::uint32_t i = function.first; i < function.end; ++i) keep(code_[i]);
            function.first = begin;
            function.end = kept_;
        }
        code_.resize(kept_);
    }

private:
    void keep(Lowered op) {
        carry_label(op);
        if (is_pure(op) && (op.defines & op.live_after) == 0 && drop(op)) return;
        improve(op);
        if (!dropped_) code_[kept_++] = op;
        dropped_ = false;
    }

    // --- Removal. A label that stood at a removed operation moves to the next one.

    /// Whether `op` may be left out; its label, if any, waits for the next operation.
    bool drop(const Lowered& op) {
        if (!op.is_target) return true;
        if (pending_) return false;
        label_ = op;
        return pending_ = true;
    }

    void carry_label(Lowered& op) {
        if (!pending_) return;
        pending_ = false;
        if (op.is_target) {  // One operation has one label: what was dropped comes back.
            code_[kept_++] = label_;
            return;
        }
        op.is_target = true;
        op.first_pc = label_.first_pc;
        op.loop_length = label_.loop_length;
    }

    /// Takes out the operation at `i`, whose work `op` does from now on; `op.uses` knows already.
    void absorb(std::uint32_t i, Lowered& op) {
        const Lowered gone = code_[i];
        std::copy(code_.begin() + i + 1, code_.begin() + kept_, code_.begin() + i);
        --kept_;
        Lowered& next = i < kept_ ? code_[i] : op;
        next.first_pc = gone.first_pc;
        next.is_target = gone.is_target;
        next.loop_length = gone.loop_length;
        for (std::uint32_t k = i; k < kept_; ++k)
            code_[k].live_after =
                static_cast<RegisterSet>((code_[k].live_after & ~gone.defines) | gone.uses);
    }

    // --- Looking back

    static constexpr std::uint32_t reach = 4;
    static constexpr std::uint32_t none = 0xffff'ffff;

    /// The kept operation that computed `reg` for `of`, if it may be moved there: nothing between
    /// reads or writes its result or writes its operands.
    [[nodiscard]] std::uint32_t producer(const Lowered& of, std::uint8_t reg) const {
        RegisterSet used = 0, defined = 0;
        if (of.is_target) return none;
        for (std::uint32_t i = kept_; i-- > first_ && i + reach >= kept_;) {
            const Lowered& op = code_[i];
            if (op.dst == reg && is_pure(op)) {
                const bool free = (used & bit(reg)) == 0 && (defined & (op.uses | bit(reg))) == 0;
                return free ? i : none;
            }
            used |= op.uses;
            defined |= op.defines;
            if (op.is_target || jumps(op) || (op.defines & bit(reg)) != 0) return none;
        }
        return none;
    }
    /// The operation right before `op` in the same straight line, or one that fits no sequence.
    [[nodiscard]] const Lowered& last(const Lowered& op) const {
        static constexpr Lowered nothing{.row = Row::function_end};
        return op.is_target || kept_ == first_ ? nothing : code_[kept_ - 1];
    }
    static bool is_dead_after(const Lowered& op, std::uint8_t reg) {
        return (op.live_after & bit(reg)) == 0 || (op.defines & bit(reg)) != 0;
    }

    // --- The sequences

    void improve(Lowered& op) {
        if (is_alu(op) && !is_mov(op)) {
            take_source_of_mov(op);
            take_constant(op);
            if (op.row == Row::add64_x) fold_sum(op);
            make_extension(op);
            make_rotation(op);
        } else if (op.row == Row::mov32_x && op.right == op.dst) {
            drop_zero_extension(op);
        } else if (is_mov(op)) {
            make_select(op);
        } else if (accesses_memory(op)) {
            fold_address(op);
            fold_address(op);
        } else if (is_family(op.row, Family::end)) {
            swap_while_loading(op);
        } else if (is_family(op.row, Family::jmp)) {
            make_bit_test(op);
        }
    }

    /// d = s; d op= x  →  d = s op x
    void take_source_of_mov(Lowered& op) {
        const Lowered& last = this->last(op);
        const bool wide_enough =
            last.row == Row::mov64_x || (last.row == Row::mov32_x && info(op.row).bits == 32);
        if (!wide_enough || last.dst != op.dst || op.left != op.dst) return;
        const std::uint8_t source = last.right;
        if (op.right == op.dst) op.right = source;
        op.left = source;
        op.uses = bit(source);
        if (op.right != no_register) op.uses |= bit(op.right);
        absorb(kept_ - 1, op);
    }

    /// x = constant; d op= x  →  d op= constant
    void take_constant(Lowered& op) {
        if (op.right == no_register || op.right == op.left || op.right == op.dst) return;
        const std::uint32_t i = producer(op, op.right);
        if (i == none || !is_dead_after(op, op.right)) return;
        const Lowered& constant = code_[i];
        const bool known = constant.row == Row::lddw || constant.row == Row::mov64_k;
        if (!known || (info(op.row).bits == 64 && !fits_s32(constant.imm))) return;
        op.row = static_cast<Row>(static_cast<unsigned>(op.row) - 1);
        op.imm = static_cast<std::int32_t>(constant.imm);
        op.uses = bit(op.left);
        op.right = no_register;
        absorb(i, op);
    }

    /// y <<= 3; d += y  →  d = d + (y << 3);   d = s + imm; d += y  →  d = s + y + imm
    void fold_sum(Lowered& op) {
        fold_scale(op);
        const std::uint32_t i = producer(op, op.left);
        if (i == none || op.left != op.dst || op.right == op.left || op.off != 0) return;
        const Lowered& sum = code_[i];
        if (sum.row != Row::add64_k) return;
        op.off = static_cast<std::int32_t>(sum.imm);
        op.left = sum.left;
        op.uses = bit(op.left) | bit(op.right);
        absorb(i, op);
    }

    void fold_scale(Lowered& op) {
        constexpr std::int64_t most = 3;
        if (op.left == op.right) return;
        for (int turn = 0; turn < 2; ++turn) {
            const std::uint32_t i = producer(op, op.right);
            const bool shifted = i != none && code_[i].row == Row::lsh64_k && code_[i].imm >= 1 &&
                                 code_[i].imm <= most && is_dead_after(op, op.right);
            if (shifted) return take_shift(op, i);
            std::swap(op.left, op.right);
        }
    }
    void take_shift(Lowered& op, std::uint32_t i) {
        op.scale = static_cast<std::uint8_t>(code_[i].imm);
        op.right = code_[i].left;
        op.uses = bit(op.left) | bit(op.right);
        absorb(i, op);
    }

    /// d <<= 32; d >>= 32  →  w(d) = w(d), and other widths, signed too
    void make_extension(Lowered& op) {
        const Lowered& last = this->last(op);
        if (last.row != Row::lsh64_k || last.dst != op.dst || op.left != op.dst) return;
        if (last.imm != op.imm || op.imm <= 0 || op.imm > 63) return;
        const unsigned bits = 64 - static_cast<unsigned>(op.imm);
        Lowered extension = op;
        extension.imm = 0;
        if (op.row == Row::rsh64_k && bits == 32) {
            extension.row = Row::mov32_x;
            extension.left = no_register;
            extension.right = last.left;
        } else if (op.row == Row::rsh64_k && bits < 32) {
            extension.row = Row::and_32_k;
            extension.left = last.left;
            extension.imm = (std::int64_t{1} << bits) - 1;
        } else if (op.row == Row::arsh64_k && (bits == 32 || bits == 16 || bits == 8)) {
            extension.row = bits == 32   ? Row::movsx32_64
                            : bits == 16 ? Row::movsx16_64
                                         : Row::movsx8_64;
            extension.left = last.left;
        } else {
            return;
        }
        extension.uses = bit(last.left);
        op = extension;
        absorb(kept_ - 1, op);
    }

    /// d = x << a; t = x >> (64 - a); d |= t  →  d = x rotated
    void make_rotation(Lowered& op) {
        const bool combines = op.row == Row::or_64_x || op.row == Row::or_32_x ||
                              op.row == Row::xor_64_x || op.row == Row::xor_32_x ||
                              op.row == Row::add64_x || op.row == Row::add32_x;
        if (!combines || op.left == op.right || op.scale != 0 || op.off != 0) return;
        if (kept_ < first_ + 2 || op.is_target || code_[kept_ - 1].is_target) return;
        const Lowered &first = code_[kept_ - 2], &second = code_[kept_ - 1];
        const bool in_order = first.dst == op.left && second.dst == op.right;
        const bool crossed = first.dst == op.right && second.dst == op.left;
        if ((!in_order && !crossed) || !is_rotation(op, first, second)) return;
        const Lowered& up = is_left_shift(first) ? first : second;
        op.row = up.row == Row::lsh64_k ? Row::rotate64 : Row::rotate32;
        op.imm = up.imm;
        op.left = up.left;
        op.right = no_register;
        op.uses = bit(op.left);
        absorb(kept_ - 1, op);
        absorb(kept_ - 1, op);
    }

    static bool is_left_shift(const Lowered& op) {
        return op.row == Row::lsh64_k || op.row == Row::lsh32_k;
    }

    static bool is_rotation(const Lowered& op, const Lowered& first, const Lowered& second) {
        const Lowered& up = is_left_shift(first) ? first : second;
        const Lowered& down = is_left_shift(first) ? second : first;
        const bool wide = up.row == Row::lsh64_k && down.row == Row::rsh64_k;
        const bool narrow = up.row == Row::lsh32_k && down.row == Row::rsh32_k;
        if ((!wide && !narrow) || (wide && info(op.row).bits == 32)) return false;
        const std::int64_t bits = wide ? 64 : 32;
        // The first shift must leave x for the other.
        const bool whole = up.left == down.left && first.dst != first.left && up.imm > 0 &&
                           down.imm > 0 && up.imm + down.imm == bits;
        return whole && is_dead_after(op, up.dst) && is_dead_after(op, down.dst);
    }

    /// w1 = w1 where the upper half is zero already
    void drop_zero_extension(Lowered& op) {
        if (op.is_target) return;
        for (std::uint32_t i = kept_; i-- > first_ && i + reach >= kept_;) {
            const Lowered& before = code_[i];
            if (before.dst == op.dst) {
                dropped_ = zero_extends(before);
                return;
            }
            if (before.is_target || (before.defines & bit(op.dst)) != 0) return;
        }
    }

    /// d = b + i + k; x = *(d + off)  →  x = *(b + i + k + off)
    void fold_address(Lowered& op) {
        const std::uint8_t base = op.left;
        const bool is_store_of_base = op.right == base;
        if (is_store_of_base || op.index == base || !is_dead_after(op, base)) return;
        const std::uint32_t i = producer(op, base);
        if (i == none) return;
        const Lowered& sum = code_[i];
        const bool indexed = sum.row == Row::add64_x;
        if ((!indexed && sum.row != Row::add64_k) || (indexed && op.index != no_register)) return;
        const std::int64_t off = std::int64_t{op.off} + (indexed ? sum.off : sum.imm);
        if (!fits_s32(off)) return;
        op.off = static_cast<std::int32_t>(off);
        op.left = sum.left;
        if (indexed) {
            op.index = sum.right;
            op.scale = sum.scale;
        }
        op.uses = bit(op.left);
        if (op.index != no_register) op.uses |= bit(op.index);
        if (op.right != no_register) op.uses |= bit(op.right);
        absorb(i, op);
    }

    /// d = *(u32 *)p; d = be32 d  →  one load that swaps
    void swap_while_loading(Lowered& op) {
        const Lowered& last = this->last(op);
        const bool swaps = op.row != Row::le16 && op.row != Row::le32 && op.row != Row::le64;
        if (!swaps || !is_family(last.row, Family::ldx) || last.dst != op.dst ||
            last.byte_swapped || info(last.row).bits != info(op.row).bits)
            return;
        Lowered load = last;
        load.byte_swapped = true;
        load.live_after = op.live_after;
        code_[kept_ - 1] = load;
        dropped_ = true;
    }

    /// d &= mask; if d != 0 goto …  →  if d & mask goto …
    void make_bit_test(Lowered& op) {
        const bool equal = op.row == Row::jeq64_k || op.row == Row::jeq32_k;
        const bool unequal = op.row == Row::jne64_k || op.row == Row::jne32_k;
        const Lowered& last = this->last(op);
        if ((!equal && !unequal) || op.imm != 0 || last.dst != op.left) return;
        if ((op.live_after & bit(op.left)) != 0) return;
        Row test{};
        switch (last.row) {
            case Row::and_32_k: test = Row::jset32_k; break;
            case Row::and_32_x: test = Row::jset32_x; break;
            case Row::and_64_k: test = Row::jset64_k; break;
            case Row::and_64_x: test = Row::jset64_x; break;
            default: return;
        }
        if (info(last.row).bits > info(op.row).bits) return;
        op.row = test;
        op.negated = equal;
        op.imm = last.imm;
        op.left = last.left;
        op.right = last.right;
        op.uses = last.uses;
        absorb(kept_ - 1, op);
    }

    /// if a > b goto L; d = x; L:  →  d = x unless a > b
    void make_select(Lowered& op) {
        const Lowered& last = this->last(op);
        if (!is_family(last.row, Family::jmp) || !jumps(last) || last.target != op.pc + 1) return;
        Lowered select = last;
        invert(select);
        select.select = info(op.row).bits == 32 ? Select::move32 : Select::move64;
        select.dst = op.dst;
        select.index = op.right;
        select.off = static_cast<std::int32_t>(op.imm);
        select.uses |= op.uses | bit(op.dst);
        select.defines = bit(op.dst);
        select.live_after = op.live_after;
        code_[kept_ - 1] = select;
        dropped_ = true;
        make_set();
    }

    static void invert(Lowered& jump) {
        if (info(jump.row).symbol == "&")
            jump.negated = !jump.negated;
        else
            jump.row = inverse(jump.row);
    }

    /// d = 1; d = 0 if a > b  →  d = 0; d = 1 if a <= b, which takes no register for the constant
    void make_set() {
        Lowered& select = code_[kept_ - 1];
        if (kept_ < first_ + 2 || select.is_target || select.index != no_register) return;
        Lowered& before = code_[kept_ - 2];
        const bool same = (before.row == Row::mov32_k || before.row == Row::mov64_k) &&
                          before.dst == select.dst && select.left != select.dst &&
                          select.right != select.dst;
        if (!same || before.imm + select.off != 1 || before.imm * select.off != 0) return;
        if (before.imm == 1) {
            before.imm = 0;
            invert(select);
        }
        select.select = Select::set;
    }

    LoweredProgram& program_;
    std::vector<Lowered>& code_;
    std::uint32_t first_ = 0;  ///< Where the function begins.
    std::uint32_t kept_ = 0;   ///< Operations kept so far.
    Lowered label_;            ///< Removed with its label, which the next operation takes over.
    bool pending_ = false;
    bool dropped_ = false;  ///< The operation at hand is not needed any more.
};

/// What code emitters ask about a function as a whole.
void describe(LoweredFunction& function, std::span<const Lowered> code) {
    for (const Lowered& op : code.subspan(function.first, function.end - function.first)) {
        function.saved |= op.defines & callee_saved;
        const bool native_call = is_family(op.row, Family::call) ||
                                 is_family(op.row, Family::ld_abs) ||
                                 is_family(op.row, Family::ld_ind) || op.row == Row::tail_call;
        function.calls |= native_call;
        function.uses_frame |= native_call || (op.uses & bit(10)) != 0 || op.row == Row::may_goto;
        function.counts_may_goto |= op.row == Row::may_goto;
    }
}

}  // namespace

void fold(LoweredProgram& program) {
    Folding(program).run();
    for (LoweredFunction& function : program.functions) describe(function, program.code);
}

}  // namespace bpftwin::jit
