// Reads and writes of registers (kernel: check_reg_arg, push_jmp_history).
#include "verifier/analysis.h"

namespace bpftwin::verifier {

bool Analysis::refuse_read(unsigned number) {
    if (number > frame_pointer) return reject(EINVAL, "R{} is invalid", number);
    return reject(EACCES, "R{} !read_ok", number);
}

bool Analysis::refuse_write(unsigned number) {
    if (number > frame_pointer) return reject(EINVAL, "R{} is invalid", number);
    return reject(EACCES, "frame pointer is read only");
}

void Analysis::clear_caller_saved() {
    constexpr unsigned caller_saved = 6;
    for (unsigned i = 0; i < caller_saved; ++i) {
        reg(i).make_unwritten();
        log_.touch_reg(i);
    }
}

// Copies of a scalar that is not a constant share an id, so that what is learned of one holds for
// all.
void Analysis::assign_id_before_copy(Reg& source) {
    if (!source.is_scalar()) return;
    if ((source.id & id_with_offset) != 0) source.clear_scalar_id();
    if (source.id == 0 && !source.num.is_const()) source.id = ++last_id_;
}

// Bounds that contradict themselves, as on a path that no run takes, are forgotten.
void Analysis::settle_bounds(Reg& reg) {
    if (!reg.num.is_violated()) return;
    reg.num.forget_64_bounds();
    reg.num.forget_32_bounds();
}

Step Analysis::step_here() const { return {.insn = insn_, .previous = previous_}; }

void Analysis::note_step(const Step& step) {
    if (!step_noted_) {
        state_->history.add(step);
        step_noted_ = true;
        return;
    }
    Step& noted = state_->history.last();
    if (step.stack_access) {
        noted.stack_access = true;
        noted.frame = step.frame;
        noted.slot = step.slot;
    }
    noted.dst_is_stack |= step.dst_is_stack;
    noted.src_is_stack |= step.src_is_stack;
    if (step.linked.count() != 0) noted.linked = step.linked;
}

}  // namespace bpftwin::verifier
