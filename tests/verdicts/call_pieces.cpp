// Pieces that call: lookups and their null checks, memory with its size, references, locks.
#include "tests/verdicts/piece_writer.h"

namespace bpftwin::verdicts {
namespace {

/// r2 = address of a key on the stack.
void put_key(PieceWriter& to, int size) {
    const int off = -8 * (1 + to.below(8));
    for (int i = 0; i < size; i += 4)
        if (to.percent(97)) to.emit(stw(r10, PieceWriter::offset(off + i), to.below(6)));
    if (to.percent(30)) to.emit(stxw(r10, PieceWriter::offset(off), to.scalar()));
    to.emit(mov(r2, r10));
    to.emit(add(r2, to.percent(95) ? off : to.between(-9, 4)));
}

/// What follows knows that r0 is an address, or nearly so.
void check_null(PieceWriter& to) {
    switch (to.below(20)) {
        case 0: return;
        case 1: to.emit(jeq(r0, 0, 2)); break;
        case 2: to.emit(jsgt(r0, 0, 2)); break;
        case 3: to.emit(jne32(r0, 0, 2)); break;
        default: to.emit(jne(r0, 0, 2));
    }
    to.leave();
}

void lookup(PieceWriter& to) {
    const bool is_hash = to.percent(40);
    put_key(to, is_hash ? 8 : 4);
    to.emit(lddw_map(r1, is_hash ? hash_map : array_map));
    to.emit(call(lookup_helper));
    if (to.percent(15)) to.emit(mov(r8, r0));
    check_null(to);
    to.access_within(r0, is_hash ? small_value_size : value_size);
    if (!is_hash && to.percent(40)) to.emit(mov(r8, r0));
}

void change_map(PieceWriter& to) {
    put_key(to, 8);
    to.emit(lddw_map(r1, hash_map));
    to.emit(mov(r3, to.percent(50) ? r8 : r2));
    to.emit(mov(r4, to.below(4)));
    to.emit(call(to.percent(50) ? update_helper : delete_helper));
}

/// A helper that is told address and size.
void sized_memory(PieceWriter& to) {
    const Reg size = to.scalar();
    if (to.percent(85)) to.limit(size, to.choices().of(std::array{4, 8, 16, 32, 64}));
    const bool in_stack = to.percent(60);
    const Reg memory = to.percent(50) ? r1 : r3;
    const bool is_csum = memory == r1;
    to.emit(mov(memory, in_stack ? r10 : r8));
    if (in_stack) to.emit(add(memory, -to.choices().of(std::array{8, 16, 32, 64})));
    if (is_csum) {
        to.emit(mov(r2, size));
        to.emit(mov(r3, 0));
        to.emit(mov(r4, 0));
        to.emit(mov(r5, 0));
        to.emit(call(csum_diff_helper));
    } else {
        to.emit(mov(r4, size));
        if (to.percent(30)) to.emit(add(r4, 1));
        to.emit(mov(r1, r6));
        to.emit(mov(r2, 0));
        to.emit(call(to.is_xdp() ? xdp_load_bytes_helper : load_bytes_helper));
    }
    if (to.percent(50)) to.emit(mov(to.scalar(), r0));
}

void ring_record(PieceWriter& to) {
    const int size = 8 * (1 + to.below(4));
    to.emit(lddw_map(r1, ring_map));
    to.emit(mov(r2, size));
    to.emit(mov(r3, 0));
    to.emit(call(reserve_helper));
    if (to.percent(96)) check_null(to);
    if (to.percent(70)) to.access_within(r0, size);
    if (to.percent(20)) to.emit(stxdw(r10, -8, r0)), to.emit(ldxdw(r0, r10, -8));
    if (to.percent(30)) {
        to.limit(to.scalar(), 7);  // May leave with the record.
    }
    to.emit(mov(r1, r0));
    to.emit(mov(r2, 0));
    if (to.percent(96)) to.emit(call(to.percent(50) ? submit_helper : discard_helper));
    if (to.percent(4)) to.access(r0, 0, true);
}

void socket(PieceWriter& to) {
    for (int i = 1; i <= 2; ++i) to.emit(stdw(r10, PieceWriter::offset(-8 * i), 0));
    to.emit(mov(r1, r6));
    to.emit(mov(r2, r10));
    to.emit(add(r2, -16));
    to.emit(mov(r3, to.near(12)));
    to.emit(mov(r4, to.percent(90) ? 0 : -1));
    to.emit(mov(r5, 0));
    to.emit(call(lookup_tcp_helper));
    const std::size_t none = to.emit_open(jeq(r0, 0, 0));
    if (to.percent(50)) to.emit(ldxw(to.scalar(), r0, PieceWriter::offset(4 * to.below(12))));
    to.emit(mov(r1, r0));
    if (to.percent(95)) to.emit(call(release_helper));
    if (to.percent(95)) to.land(none);
}

void lock(PieceWriter& to) {
    put_key(to, 4);
    to.emit(lddw_map(r1, locked_map));
    to.emit(call(lookup_helper));
    check_null(to);
    to.emit(mov(r8, r0));
    to.emit(mov(r1, r0));
    if (to.percent(95)) to.emit(call(lock_helper));
    to.access(r8, to.percent(90) ? 4 : 0, to.percent(50));
    if (to.percent(4)) to.emit(call(random_helper));
    to.emit(mov(r1, r8));
    if (to.percent(95)) to.emit(call(unlock_helper));
    to.emit(lddw_map_value(r8, values_map, 0));
}

void tail_call(PieceWriter& to) {
    to.emit(mov(r1, r6));
    to.emit(lddw_map(r2, program_map));
    to.emit(mov(r3, to.percent(60) ? to.scalar() : r7));
    to.emit(call(tail_call_helper));
}

/// A callback or function begins where `functions` of the program says; the writer of the whole
/// fills in which.
void call_function(PieceWriter& to) {
    if (to.percent(60)) to.limit(r7, to.near(31));
    to.emit(stxdw(r10, -8, to.scalar()));
    to.emit(stdw(r10, -16, to.choices().edge32()));
    to.emit(mov(r1, r10));
    to.emit(add(r1, to.percent(80) ? -16 : -to.below(24)));
    to.emit(mov(r2, r7));
    to.emit(mov(r3, r6));
    to.emit(insn(Op::call_local));
    to.percent(50) ? to.emit(mov(to.scalar(), r0)) : to.load(r10, -8 * (1 + to.below(2)));
}

void loop_callback(PieceWriter& to) {
    if (to.percent(70)) to.limit(r7, to.near(15));
    to.emit(stxdw(r10, -8, to.scalar()));
    to.emit(stdw(r10, -16, to.below(8)));
    to.emit(mov(r1, to.percent(70) ? r7 : r9));
    if (to.percent(40)) to.emit(mov(r1, to.below(5)));
    to.emit(insn(Op::lddw_func, {.dst = 2}));
    to.emit(second_slot(0));
    to.emit(mov(r3, r10));
    to.emit(add(r3, -16));
    to.emit(mov(r4, to.percent(96) ? 0 : 1));
    to.emit(call(loop_helper));
    to.percent(50) ? to.emit(mov(to.scalar(), r0)) : to.load(r10, -8 * (1 + to.below(2)));
}

constexpr Piece call_list[] = {lookup,        lookup,        lookup,        change_map,
                               sized_memory,  sized_memory,  ring_record,   socket,
                               lock,          tail_call,     call_function, call_function,
                               call_function, loop_callback, loop_callback};

}  // namespace

std::span<const Piece> call_pieces() { return call_list; }

}  // namespace bpftwin::verdicts
