// Pieces about numbers: where they come from, what branches and arithmetic tell, loops.
#include "tests/verdicts/piece_writer.h"

namespace bpftwin::verdicts {
namespace {

std::int32_t immediate(PieceWriter& to, const OpInfo& row) {
    if (row.symbol.contains("<<") || row.symbol.contains(">>"))
        return to.below(row.bits + (to.percent(2) ? 2 : 0));
    if (to.percent(50)) return to.between(-70, 70);
    return to.choices().edge32();
}

void arithmetic_on(PieceWriter& to, Reg dst) {
    constexpr std::array families = {Family::alu, Family::alu,   Family::alu,
                                     Family::neg, Family::movsx, Family::end};
    const Op op = to.row_of(to.choices().of(families));
    const OpInfo& row = info(op);
    Operands operands{.dst = number(dst)};
    if (has(row.operands, src_field)) operands.src = number(to.scalar());
    if (has(row.operands, imm_field)) operands.imm = immediate(to, row);
    to.emit(insn(op, operands));
}

void arithmetic(PieceWriter& to) { arithmetic_on(to, to.scalar()); }

void several_operations(PieceWriter& to) {
    for (int left = 1 + to.below(4); left > 0; --left) arithmetic(to);
}

void narrow(PieceWriter& to) {
    constexpr std::array<int, 8> limits = {0, 1, 7, 15, 31, 63, 255, 4095};
    to.limit(to.scalar(), to.near(to.choices().of(limits)));
}

Insn comparison(PieceWriter& to, Reg dst) {
    const Op op = to.row_of(Family::jmp);
    const OpInfo& row = info(op);
    Operands operands{.dst = number(dst)};
    if (has(row.operands, src_field)) operands.src = number(PieceWriter::other(dst));
    if (has(row.operands, imm_field))
        operands.imm = to.percent(60) ? to.between(-9, 70) : to.choices().edge32();
    return insn(op, operands);
}

/// One side of a branch does something more.
void branch(PieceWriter& to) {
    const std::size_t jump = to.emit_open(comparison(to, to.scalar()));
    several_operations(to);
    to.land(jump);
}

/// Where the comparison holds the program ends: what follows knows that it does not.
void guard(PieceWriter& to) {
    const std::size_t jump = to.emit_open(comparison(to, to.scalar()));
    to.leave();
    to.land(jump);
}

/// Numbers that are the same but for a constant: to know one is to know the other.
void linked(PieceWriter& to) {
    const Reg from = to.scalar();
    const Reg copy = PieceWriter::other(from);
    to.emit(to.percent(80) ? mov(copy, from) : mov32(copy, from));
    if (to.percent(60)) to.emit(to.percent(70) ? add(copy, to.between(-9, 9)) : add32(copy, 4));
    to.limit(to.scalar(), to.near(15));
    if (to.percent(50)) arithmetic(to);
}

void bounded_loop(PieceWriter& to) {
    const Reg counter = to.scalar();
    to.emit(mov(counter, to.between(-2, 3)));
    const std::size_t begin = to.at();
    for (int left = to.below(3); left > 0; --left) arithmetic_on(to, PieceWriter::other(counter));
    if (to.percent(40)) to.load(r8, 4 * to.below(8));
    to.emit(to.percent(80) ? add(counter, to.between(1, 3)) : add32(counter, 1));
    to.emit(to.percent(70) ? jlt(counter, to.between(1, 12), to.back_to(begin))
                           : jne(counter, to.between(1, 12), to.back_to(begin)));
}

void may_goto_loop(PieceWriter& to) {
    const std::size_t begin = to.at();
    const std::size_t jump = to.emit_open(may_goto(0));
    several_operations(to);
    if (to.percent(40)) to.limit(to.scalar(), 63);
    if (to.percent(40)) to.access_within(r8, value_size);
    to.emit(ja(to.back_to(begin)));
    to.land(jump);
}

void random_jump(PieceWriter& to) {
    to.emit(call(random_helper));
    const std::size_t jump = to.emit_open(jeq(r0, to.below(3), 0));
    several_operations(to);
    to.land(jump);
}

constexpr Piece bounds_list[] = {new_number, new_number,   new_number,    several_operations,
                                 narrow,     narrow,       branch,        branch,
                                 guard,      guard,        linked,        linked,
                                 linked,     bounded_loop, may_goto_loop, random_jump};

}  // namespace

void new_number(PieceWriter& to) {
    const Reg reg = to.scalar();
    switch (to.below(6)) {
        case 0: to.emit(mov(reg, to.between(-16, 80))); return;
        case 1: to.emit(lddw(reg, to.choices().edge64())); return;
        case 2: to.emit(ldxw(reg, r10, PieceWriter::offset(to.stack_offset(4)))); return;
        case 3:
            to.emit(call(random_helper));
            to.emit(mov(reg, r0));
            return;
        default: {
            const Op op = to.row_of(to.percent(70) ? Family::ldx : Family::ldxsx);
            const int at = 8 * to.below(value_size / 8);
            to.emit(
                insn(op, {.dst = number(reg), .src = number(r8), .off = PieceWriter::offset(at)}));
        }
    }
}

std::span<const Piece> bounds_pieces() { return bounds_list; }

}  // namespace bpftwin::verdicts
