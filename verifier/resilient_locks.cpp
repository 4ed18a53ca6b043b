// Locks that fail where they would wait forever, of which several may be held (kernel:
// process_spin_lock with PROCESS_RES_LOCK, check_kfunc_call).
#include "verifier/analysis.h"
#include "verifier/kfunc_call.h"

namespace bpftwin::verifier {

bool Analysis::check_resilient_lock(const KfuncCall& call, unsigned number) {
    const RegType type = reg(number).type;
    if (type != RegType{RegKind::ptr_to_map_value} &&
        type != RegType{RegKind::ptr_to_btf_id, mem_alloc})
        return reject(EINVAL, "arg#{} doesn't point to map value or allocated object", number - 1);
    const bool keeps_interrupts_out = call.kfunc->name.contains("_irq");
    return check_lock(
        number, keeps_interrupts_out ? Reference::Kind::res_lock_irq : Reference::Kind::res_lock,
        call.kfunc->takes_lock());
}

/// Another path goes on without the lock.
bool Analysis::fail_to_lock() {
    constexpr int max_errno = 4095;
    State* failed = push(insn_ + 1, insn_);
    if (!failed) return false;
    for (unsigned i = 0; i <= 5; ++i) failed->reg(i).make_unwritten();
    Reg& result = failed->reg(0);
    result.make_unknown();
    result.num.smin = result.num.s32_min = -max_errno;
    result.num.smax = result.num.s32_max = -1;
    result.num.sync();
    return true;
}

}  // namespace bpftwin::verifier
