// What the pieces of a random program are written with. Between pieces r6 holds the context, r7 and
// r9 numbers, r8 the address of a map's value; r0 to r5 are anything.
#pragma once

#include <span>
#include <string_view>
#include <vector>

#include "isa/builder.h"
#include "tests/differential/choices.h"
#include "tests/differential/rules.h"

namespace bpftwin::verdicts {

using namespace build;
using differential::Choices;

/// Maps of the object, by index.
enum MapIndex : std::int32_t { values_map, array_map, hash_map, ring_map, locked_map, program_map };
inline constexpr int value_size = 64;  ///< Of `values_map` and `array_map`.
inline constexpr int small_value_size = 24;
inline constexpr int locked_value_size = 16;

/// Helpers by number.
enum HelperId : std::int32_t {
    lookup_helper = 1,
    update_helper = 2,
    delete_helper = 3,
    random_helper = 7,
    tail_call_helper = 12,
    load_bytes_helper = 26,
    csum_diff_helper = 28,
    lookup_tcp_helper = 84,
    release_helper = 86,
    lock_helper = 93,
    unlock_helper = 94,
    reserve_helper = 131,
    submit_helper = 132,
    discard_helper = 133,
    loop_helper = 181,
    xdp_load_bytes_helper = 189,
};

class PieceWriter {
public:
    PieceWriter(Choices& choices, bool is_xdp) : choices_(choices), is_xdp_(is_xdp) {}

    [[nodiscard]] Choices& choices() { return choices_; }
    [[nodiscard]] bool is_xdp() const { return is_xdp_; }
    [[nodiscard]] std::size_t at() const { return insns_.size(); }
    [[nodiscard]] std::vector<Insn>& insns() { return insns_; }

    void emit(const Insn& one) { insns_.push_back(one); }
    void emit(const std::array<Insn, 2>& two) {
        insns_.insert(insns_.end(), two.begin(), two.end());
    }
    /// A conditional jump whose target is set later.
    std::size_t emit_open(const Insn& jump) {
        emit(jump);
        return at() - 1;
    }
    void land(std::size_t jump) { insns_[jump].off = static_cast<std::int16_t>(at() - jump - 1); }
    [[nodiscard]] std::int16_t back_to(std::size_t target) const {
        return static_cast<std::int16_t>(target - at() - 1);
    }

    bool percent(unsigned chance) { return choices_.percent(chance); }
    int below(int end) { return static_cast<int>(choices_.below(static_cast<unsigned>(end))); }
    int between(int first, int last) { return static_cast<int>(choices_.between(first, last)); }
    /// Most often `value`, else one nearby.
    int near(int value) { return percent(75) ? value : value + between(-2, 2); }
    static std::int16_t offset(int bytes) { return static_cast<std::int16_t>(bytes); }
    Reg scalar() { return percent(50) ? r7 : r9; }
    static Reg other(Reg scalar) { return scalar == r7 ? r9 : r7; }
    Op row_of(Family family) { return choices_.of(differential::rows_of(family)); }
    /// An offset in the stack, most often aligned to `bytes`.
    int stack_offset(int bytes) {
        const int off = -bytes * (1 + below(64 / bytes));
        return percent(90) ? off : off + between(-3, 3);
    }

    /// A load or store of any width at `base` + off.
    void access(Reg base, int off, bool loads);
    void load(Reg base, int off) { access(base, off, true); }
    void store(Reg base, int off) { access(base, off, false); }
    /// A load or store near the end of `size` bytes.
    void access_within(Reg base, int size);
    /// The number is at most `most` from here on, by one of the ways of saying so.
    void limit(Reg number, int most);
    /// Leaves the program with 0.
    void leave() {
        emit(mov(r0, 0));
        emit(exit());
    }

private:
    Choices& choices_;
    bool is_xdp_;
    std::vector<Insn> insns_;
};

/// A piece of a program. `Where` tells what a function may do.
using Piece = void (*)(PieceWriter&);
std::span<const Piece> bounds_pieces();
std::span<const Piece> memory_pieces();
std::span<const Piece> call_pieces();

/// Writes the numbers of r7 or r9 anew.
void new_number(PieceWriter& to);

}  // namespace bpftwin::verdicts
