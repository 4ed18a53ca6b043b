// Loads and stores. x86 keeps the order that acquire and release ask for.
#include "jit/x86_64/emitter.h"

namespace bpftwin::jit::x86_64 {
namespace {

using namespace asmjit::x86;

template <class T>
constexpr unsigned width = 8 * sizeof(T);

void load_swapped(Emitter& e, const Lowered& op, unsigned bits) {
    if (bits == 16) {
        e.a.movzx(reg(op.dst, 32), address(op, 16));
        e.a.rol(reg(op.dst, 16), 8);
    } else if (e.options().cpu.movbe) {
        e.a.movbe(reg(op.dst, bits), address(op, bits));
    } else {
        e.a.mov(reg(op.dst, bits), address(op, bits));
        e.a.bswap(reg(op.dst, bits));
    }
}

void load(Emitter& e, const Lowered& op, unsigned bits) {
    if (op.byte_swapped)
        load_swapped(e, op, bits);
    else if (bits < 32)
        e.a.movzx(reg(op.dst, 32), address(op, bits));
    else
        e.a.mov(reg(op.dst, bits), address(op, bits));
}

void load_signed(Emitter& e, const Lowered& op, unsigned bits) {
    if (bits == 32)
        e.a.movsxd(reg(op.dst), address(op, 32));
    else
        e.a.movsx(reg(op.dst), address(op, bits));
}

template <class T>
void store_immediate(Emitter& e, const Lowered& op) {
    e.a.mov(address(op, width<T>),
            static_cast<std::int64_t>(static_cast<std::make_signed_t<T>>(op.imm)));
}

void store(Emitter& e, const Lowered& op, unsigned bits) {
    e.a.mov(address(op, bits), reg(op.right, bits));
}

}  // namespace

#define LDX(name, code, ctype, ...) BPFTWIN_EMIT(name, load(e, op, width<ctype>))
#define LDXSX(name, code, ctype, ...) BPFTWIN_EMIT(name, load_signed(e, op, width<ctype>))
#define ST(name, code, ctype, ...) BPFTWIN_EMIT(name, store_immediate<ctype>(e, op))
#define STX(name, code, ctype, ...) BPFTWIN_EMIT(name, store(e, op, width<ctype>))
#define LOAD_ACQUIRE(name, code, ctype, ...) BPFTWIN_EMIT(name, load(e, op, width<ctype>))
#define STORE_RELEASE(name, code, ctype, ...) BPFTWIN_EMIT(name, store(e, op, width<ctype>))
#include "isa/insns.def"

}  // namespace bpftwin::jit::x86_64
