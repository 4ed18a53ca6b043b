// Division and remainder. The processor's quotients are those of BPF (RFC 9669 section 4.1): 0
// where the divisor is, and the minimum for the minimum by -1. So are the remainders, which are
// what the quotient leaves of the dividend.
#include "jit/arm64/emitter.h"

namespace bpftwin::jit::arm64 {
namespace {

using namespace asmjit::a64;
using InstId = asmjit::InstId;

void quotient(Emitter& e, const Lowered& op, unsigned bits, InstId instruction) {
    e.a.emit(instruction, reg(op.dst, bits), reg(op.left, bits), right(e, op, bits));
}

void remainder(Emitter& e, const Lowered& op, unsigned bits, InstId instruction) {
    const Gp left = reg(op.left, bits), divisor = right(e, op, bits);
    e.a.emit(instruction, sized(scratch3, bits), left, divisor);
    e.a.msub(reg(op.dst, bits), sized(scratch3, bits), divisor, left);
}

}  // namespace

void div(Emitter& e, const Lowered& op, unsigned bits) { quotient(e, op, bits, Inst::kIdUdiv); }
void mod(Emitter& e, const Lowered& op, unsigned bits) { remainder(e, op, bits, Inst::kIdUdiv); }
void sdiv(Emitter& e, const Lowered& op, unsigned bits) { quotient(e, op, bits, Inst::kIdSdiv); }
void smod(Emitter& e, const Lowered& op, unsigned bits) { remainder(e, op, bits, Inst::kIdSdiv); }

}  // namespace bpftwin::jit::arm64
