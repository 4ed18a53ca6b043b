// Pieces about memory: map values, the stack, packets, all at variable offsets.
#include "tests/verdicts/piece_writer.h"

namespace bpftwin::verdicts {

void PieceWriter::access(Reg base, int off, bool loads) {
    constexpr std::array load_families = {Family::ldx, Family::ldx, Family::ldxsx,
                                          Family::load_acquire};
    constexpr std::array store_families = {Family::stx, Family::stx,           Family::st,
                                           Family::st,  Family::store_release, Family::atomic};
    const Op op = row_of(loads ? choices_.of(load_families) : choices_.of(store_families));
    const OpInfo& row = info(op);
    Operands operands{.off = offset(off)};
    operands.dst = number(loads ? scalar() : base);
    operands.src = number(loads ? base : scalar());
    if (has(row.operands, imm_field))
        operands = {.dst = number(base), .off = offset(off), .imm = choices_.edge32()};
    emit(insn(op, operands));
}

void PieceWriter::access_within(Reg base, int size) {
    const int width = 1 << below(4);
    const int off = percent(60) ? size - width : below(size);
    access(base, percent(80) ? off & -width : near(off), percent(50));
}

void PieceWriter::limit(Reg number, int most) {
    switch (below(6)) {
        case 0: emit(and_(number, most)); return;
        case 1: emit(and_32(number, most)); return;
        case 2:
            if (most > 0) emit(mod(number, most + 1));
            return;
        case 3: emit(jle(number, most, 2)); break;
        case 4: emit(jle32(number, most, 2)); break;
        default:
            emit(jsge(number, between(-1, 1), 2));
            leave();
            emit(jsle(number, most, 2));
    }
    leave();
}

namespace {

/// A value of the map at a variable offset: in bounds, or by a little not.
void variable_value(PieceWriter& to) {
    const Reg index = to.scalar();
    const int most = to.choices().of(std::array{7, 15, 31, 40, 55, 63});
    if (to.percent(75)) to.limit(index, most);
    to.emit(mov(r1, r8));
    if (to.percent(30)) to.emit(add(r1, to.between(-8, 16)));
    to.emit(to.percent(85) ? add(r1, index) : sub(r1, index));
    if (to.percent(20)) to.emit(add(r1, to.scalar()));
    to.access(r1, to.near(value_size - 8 - most), to.percent(60));
}

void fixed_value(PieceWriter& to) { to.access_within(r8, value_size); }

void variable_stack(PieceWriter& to) {
    const Reg index = to.scalar();
    const int most = to.choices().of(std::array{1, 3, 7, 8, 15, 31});
    if (to.percent(80)) to.limit(index, most);
    to.emit(mov(r1, r10));
    if (to.percent(50)) to.emit(add(r1, -to.choices().of(std::array{8, 16, 32, 64})));
    to.emit(to.percent(85) ? add(r1, index) : sub(r1, index));
    to.access(r1, to.percent(60) ? -64 : -to.below(72), to.percent(50));
}

/// Numbers and pointers go to the stack in one size and come back in another.
void spill(PieceWriter& to) {
    const int off = to.stack_offset(8);
    const Reg what = to.percent(75) ? to.scalar() : to.percent(60) ? r8 : r6;
    if (to.percent(80))
        to.emit(stxdw(r10, PieceWriter::offset(off), what));
    else
        to.emit(stxw(r10, PieceWriter::offset(off), what));
    if (to.percent(30)) to.store(r10, off + to.below(8));
    if (to.percent(40)) to.limit(to.scalar(), to.near(31));
    const Reg into = what == r8 && to.percent(80)   ? r8
                     : what == r6 && to.percent(80) ? r6
                                                    : to.scalar();
    if (to.percent(60))
        to.emit(ldxdw(into, r10, PieceWriter::offset(off)));
    else
        to.load(r10, off + (to.percent(50) ? 0 : to.below(8)));
}

void stack_bytes(PieceWriter& to) {
    for (int left = 1 + to.below(3); left > 0; --left)
        to.store(r10, to.stack_offset(1 << to.below(4)));
    to.load(r10, to.stack_offset(1 << to.below(4)));
}

void packet_bounds(PieceWriter& to) {
    to.emit(ldxw(r2, r6, PieceWriter::offset(to.is_xdp() ? 0 : 76)));
    to.emit(ldxw(r3, r6, PieceWriter::offset(to.is_xdp() ? 4 : 80)));
}

/// Goes on only where `end` bytes from r1 on are in the packet: said in one of its ways.
void check_packet(PieceWriter& to, int end) {
    to.emit(mov(r4, r1));
    to.emit(add(r4, end));
    switch (to.below(5)) {
        case 0: to.emit(jle(r4, r3, 2)); break;
        case 1: to.emit(jge(r3, r4, 2)); break;
        case 2: to.emit(jlt(r4, r3, 2)); break;
        case 3: to.emit(jgt(r3, r4, 2)); break;
        default: {
            const std::size_t jump = to.emit_open(jgt(r4, r3, 0));
            to.access_within(r1, end);
            to.land(jump);
            return;
        }
    }
    to.leave();
    to.access_within(r1, to.near(end));
    if (to.percent(50)) to.access_within(r4, 8);
    if (to.percent(50)) to.access(r4, to.near(-end), true);
}

void packet(PieceWriter& to) {
    packet_bounds(to);
    to.emit(mov(r1, r2));
    check_packet(to, 1 + to.below(40));
}

void variable_packet(PieceWriter& to) {
    packet_bounds(to);
    const Reg index = to.scalar();
    if (to.percent(85)) to.limit(index, to.choices().of(std::array{15, 63, 255, 4095, 65535}));
    to.emit(mov(r1, r2));
    if (to.percent(40)) to.emit(add(r1, 14));
    to.emit(add(r1, index));
    check_packet(to, 1 + to.below(20));
    if (to.percent(30)) {
        to.emit(add(r1, to.scalar()));
        check_packet(to, 1 + to.below(20));
    }
}

void compare_pointers(PieceWriter& to) {
    const Reg base = to.percent(50) ? r8 : r10;
    to.emit(mov(r1, base));
    to.emit(add(r1, -8));
    if (to.percent(40)) to.emit(sub(r1, base));
    if (to.percent(40)) to.emit(jeq(r1, to.below(2), 0));
    to.emit(jlt(r1, base, 0));
    if (to.percent(50)) to.emit(mov(to.scalar(), r1));
}

void context(PieceWriter& to) {
    const int off = to.percent(80) ? 4 * to.below(to.is_xdp() ? 6 : 48) : to.below(200);
    to.percent(90) ? to.emit(ldxw(to.scalar(), r6, PieceWriter::offset(off))) : to.store(r6, off);
}

void lose_pointer(PieceWriter& to) {
    if (to.percent(70)) return fixed_value(to);
    to.emit(add(to.percent(50) ? r8 : r6, to.percent(50) ? 0 : to.between(-4, 8)));
    to.access_within(r8, value_size);
}

constexpr Piece memory_list[] = {variable_value, variable_value,  variable_value,  variable_value,
                                 fixed_value,    variable_stack,  variable_stack,  spill,
                                 spill,          spill,           stack_bytes,     packet,
                                 packet,         variable_packet, variable_packet, compare_pointers,
                                 context,        lose_pointer};

}  // namespace

std::span<const Piece> memory_pieces() { return memory_list; }

}  // namespace bpftwin::verdicts
