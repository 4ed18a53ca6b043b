// The stack: spills, fills, and bytes (kernel: check_stack_read, check_stack_write,
// check_stack_range_initialized).
#include <algorithm>

#include "verifier/analysis.h"

namespace bpftwin::verifier {
namespace {

int slot_of(int off) { return (-off - 1) / slot_size; }
/// The first byte of the slot above.
int next_slot(int off) { return (off & -slot_size) + slot_size; }
std::size_t byte_of(int off) { return static_cast<std::size_t>((-off - 1) % slot_size); }

/// Whether programs may read the byte, whatever it is.
bool is_data(SlotByte byte) {
    return byte == SlotByte::misc || byte == SlotByte::zero || byte == SlotByte::invalid;
}

/// The bytes of a spill begin at the lowest address.
int spilled_bytes(const Slot& slot) {
    int bytes = 1;
    for (std::size_t i = slot_size - 1; i > 0 && slot.bytes[i - 1] == SlotByte::spill; --i) ++bytes;
    return bytes;
}

/// Anything may be in the byte now; what was spilled there is not what it was.
void clobber(Slot& slot, std::size_t index) {
    SlotByte& byte = slot.bytes[index];
    if (byte == SlotByte::zero || byte == SlotByte::invalid) {
        byte = SlotByte::misc;
    } else if (byte == SlotByte::spill) {
        for (SlotByte& other : slot.bytes)
            if (other != SlotByte::invalid) other = SlotByte::misc;
        slot.spilled.make_unknown();
    }
}

}  // namespace

bool Analysis::check_stack_bounds(unsigned number, int off, int size, Access access) {
    const Reg& pointer = reg(number);
    const std::string_view what = access == Access::read ? " read from" : " write to";
    std::int64_t least = 0, end = 0;
    if (pointer.num.is_const()) {
        least = static_cast<std::int64_t>(pointer.num.var_off.value) + off;
        end = least + size;
    } else {
        if (pointer.num.smax >= max_var_off || pointer.num.smin <= -max_var_off)
            return reject(EACCES, "invalid unbounded variable-offset{} stack R{}", what, number);
        least = pointer.num.smin + off;
        end = pointer.num.smax + off + size;
    }
    int error = 0;
    if (least < -max_stack || least > -1) error = EACCES;
    if (error == 0 && end > 0) error = EINVAL;
    if (error == 0 && size < 0) error = EFAULT;
    if (error == 0) {
        owner_of(pointer).grow_stack(static_cast<int>(-least));
        auto& depth = stack_depths_[owner_of(pointer).subprogram];
        depth = std::max(depth, owner_of(pointer).stack_size());
        return true;
    }
    if (pointer.num.is_const())
        return reject(error, "invalid{} stack R{} off={} size={}", what, number, off, size);
    return reject(error, "invalid variable-offset{} stack R{} var_off={} off={} size={}", what,
                  number, text_of(pointer.num.var_off), off, size);
}

bool Analysis::check_stack_access(unsigned number, int off, int size, Access access,
                                  std::optional<unsigned> value) {
    if (!check_stack_bounds(number, off, size, access)) return false;
    const Reg& pointer = reg(number);
    Frame& owner = owner_of(pointer);
    if (!pointer.num.is_const())
        return access == Access::read ? read_stack_somewhere(owner, number, off, size, value)
                                      : write_stack_somewhere(owner, pointer, off, size, value);
    off += static_cast<int>(pointer.num.var_off.value);
    return access == Access::read ? read_stack(owner, off, size, value)
                                  : write_stack(owner, off, size, value);
}

void Analysis::note_stack_access(const Frame& owner, int slot) {
    Step step = step_here();
    step.stack_access = true;
    step.frame = static_cast<std::uint8_t>(owner.number & 7);
    step.slot = static_cast<std::uint8_t>(slot & 0x3f);
    note_step(step);
}

// An access to slots that were thought to be used by spills around fastcall helpers only: they are
// ordinary spills then.
void Analysis::check_fastcall_contract(const Frame& owner, int off) {
    Subprogram& subprogram = flow_.subprograms[owner.subprogram];
    if (subprogram.fastcall_stack_off <= off || flow_.insns[insn_].fastcall_pattern) return;
    subprogram.fastcall_stack_off = INT16_MIN;
    for (std::uint32_t i = subprogram.start; i < subprogram.end; ++i) {
        flow_.insns[i].fastcall_spills = 0;
        flow_.insns[i].fastcall_pattern = false;
    }
}

// --- Writes.

void Analysis::spill(Frame& owner, int slot, const Reg& value, int size) {
    Slot& to = owner.stack.change(static_cast<std::size_t>(slot));
    to.spilled = value;
    for (int i = slot_size - 1; i >= 0; --i) {
        SlotByte& byte = to.bytes[static_cast<std::size_t>(i)];
        if (i >= slot_size - size)
            byte = SlotByte::spill;
        else if (byte != SlotByte::zero && byte != SlotByte::invalid)
            byte = SlotByte::misc;
    }
}

bool Analysis::write_stack(Frame& owner, int off, int size, std::optional<unsigned> value) {
    const int slot = slot_of(off);
    const bool is_constant = !value && info(ops_[insn_]).family == Family::st;
    const bool at_slot = off % slot_size == 0;
    Slot& to = owner.stack.change(static_cast<std::size_t>(slot));
    Reg* source = value ? &reg(*value) : nullptr;
    if (!destroy_dynptr(owner, static_cast<std::uint32_t>(slot))) return false;
    check_fastcall_contract(owner, off);
    log_.touch_slot(slot);
    if (size == slot_size) liveness_->note_write(owner.number, SlotSet{1} << slot);

    if (source && at_slot && source->is_scalar()) {
        const bool fits = width_of(*source) <= static_cast<unsigned>(8 * size);
        if (fits) assign_id_before_copy(*source);
        spill(owner, slot, *source, size);
        if (!fits) to.spilled.id = 0;
    } else if (is_constant && at_slot) {
        spill(owner, slot, Reg::constant(static_cast<std::uint64_t>(std::int64_t{insn().imm})),
              size);
    } else if (source && source->is_spillable_pointer()) {
        if (size != slot_size) return reject(EACCES, "invalid size of register spill");
        if (&owner != &frame() && source->is(RegKind::ptr_to_stack))
            return reject(EINVAL, "cannot spill pointers to stack into stack frame of the caller");
        spill(owner, slot, *source, size);
    } else {
        to.scrub();
        SlotByte byte = SlotByte::misc;
        if ((source && source->is_null()) || (is_constant && insn().imm == 0)) {
            if (source && !mark_precise(*value)) return false;
            byte = SlotByte::zero;
        }
        for (int i = 0; i < size; ++i) to.bytes[byte_of(off + i)] = byte;
        return true;
    }
    note_stack_access(owner, slot);
    return true;
}

bool Analysis::write_stack_somewhere(Frame& owner, const Reg& pointer, int off, int size,
                                     std::optional<unsigned> value) {
    const int least = static_cast<int>(pointer.num.smin) + off;
    const int end = static_cast<int>(pointer.num.smax) + off + size;
    const bool is_constant = !value && info(ops_[insn_]).family == Family::st;
    const bool writes_zero = value ? reg(*value).is_null() : is_constant && insn().imm == 0;
    bool zero_matters = false;
    for (int i = least; i < end; ++i)
        if (!destroy_dynptr(owner, static_cast<std::uint32_t>(slot_of(i)))) return false;
    check_fastcall_contract(owner, least);
    for (int i = least; i < end; ++i) {
        Slot& to = owner.stack.change(static_cast<std::size_t>(slot_of(i)));
        SlotByte& byte = to.bytes[byte_of(i)];
        log_.touch_slot(slot_of(i));
        if (writes_zero && byte == SlotByte::spill && to.is_scalar_spill() &&
            to.spilled.num.is_const_value(0)) {
            zero_matters = true;
            continue;
        }
        const bool stays_zero = writes_zero && byte == SlotByte::zero;
        to.scrub();
        zero_matters |= stays_zero;
        byte = stays_zero ? SlotByte::zero : SlotByte::misc;
    }
    return !zero_matters || !value || mark_precise(*value);
}

/// A call writes anything to the stack: as many writes of a byte.
bool Analysis::write_raw_memory(const CallFacts& call) {
    const Reg& pointer = reg(call.raw_reg);
    const int begin = pointer.off + static_cast<int>(pointer.num.var_off.value);
    if (!check_stack_bounds(call.raw_reg, pointer.off, call.raw_size, Access::write)) return false;
    Frame& owner = owner_of(pointer);
    check_fastcall_contract(owner, begin);
    for (int off = begin, end; off < begin + call.raw_size; off = end) {
        const int slot = slot_of(off);
        end = std::min(begin + call.raw_size, -slot * slot_size);
        if (!destroy_dynptr(owner, static_cast<std::uint32_t>(slot))) return false;
        log_.touch_slot(slot);
        Slot& to = owner.stack.change(static_cast<std::size_t>(slot));
        to.scrub();
        for (int i = off; i < end; ++i) to.bytes[byte_of(i)] = SlotByte::misc;
    }
    return true;
}

// --- Reads.

void Analysis::load_bytes(Frame& owner, int from, int to, unsigned value) {
    bool all_zero = true;
    for (int i = from; i < to; ++i) {
        log_.touch_slot(slot_of(i));
        all_zero &=
            owner.stack[static_cast<std::size_t>(slot_of(i))].bytes[byte_of(i)] == SlotByte::zero;
    }
    reg(value) = all_zero ? Reg::constant(0) : Reg::unknown_scalar();
}

bool Analysis::read_stack(Frame& owner, int off, int size, std::optional<unsigned> value) {
    const int slot = slot_of(off);
    const Slot& from = owner.stack[static_cast<std::size_t>(slot)];
    log_.touch_slot(slot);
    check_fastcall_contract(owner, off);
    liveness_->note_read(*state_, owner.number, insn_, SlotSet{1} << slot);
    if (!from.is_spill()) {
        for (int i = 0; i < size; ++i)
            if (!is_data(from.bytes[byte_of(off + i)]))
                return reject(EACCES, "invalid read from stack off {}+{} size {}", off, i, size);
        if (value) load_bytes(owner, off, off + size, *value);
        return true;
    }
    bool restores = true;
    if (size != slot_size || spilled_bytes(from) != slot_size) {
        if (!from.spilled.is_scalar()) return reject(EACCES, "invalid size of register fill");
        if (!value) return true;
        if (!fill_part(owner, off, size, *value, restores)) return false;
    } else if (value) {
        reg(*value) = from.spilled;
    }
    if (restores) note_stack_access(owner, slot);
    return true;
}

bool Analysis::fill_part(Frame& owner, int off, int size, unsigned value, bool& restores) {
    const Slot& from = owner.stack[static_cast<std::size_t>(slot_of(off))];
    const int spilled = spilled_bytes(from);
    if (size <= spilled && off % slot_size == 0) {
        reg(value) = from.spilled;
        if (width_of(from.spilled) > static_cast<unsigned>(8 * size)) reg(value).clear_scalar_id();
        return true;
    }
    int spills = 0, zeros = 0;
    for (int i = 0; i < size; ++i) {
        spills += from.bytes[byte_of(off + i)] == SlotByte::spill;
        zeros += from.bytes[byte_of(off + i)] == SlotByte::zero;
    }
    if (spills == size && from.spilled.num.is_const_value(0)) {
        reg(value) = Reg::constant(0);
        return true;
    }
    restores = false;
    reg(value) = zeros == size ? Reg::constant(0) : Reg::unknown_scalar();
    return true;
}

bool Analysis::read_stack_somewhere(Frame& owner, unsigned number, int off, int size,
                                    std::optional<unsigned> value) {
    if (!value) {
        const Reg& pointer = reg(number);
        return reject(EACCES,
                      "variable offset stack pointer cannot be passed into helper function; "
                      "var_off={} off={} size={}",
                      text_of(pointer.num.var_off), off, size);
    }
    if (!check_initialised(number, off, size, false, Access::read, nullptr)) return false;
    const Scalar num = reg(number).num;
    const int least = static_cast<int>(num.smin) + off;
    load_bytes(owner, least, static_cast<int>(num.smax) + off + size, *value);
    check_fastcall_contract(owner, least);
    return true;
}

// A helper must not write where a dynptr is that it may be using.
bool Analysis::check_overwrites(const Frame& owner, const Reg& pointer, int off, int size) {
    const int least = static_cast<int>(pointer.num.var_off.value) + off;
    for (int i = least; i < least + size; i = next_slot(i))
        if (owner.stack[static_cast<std::size_t>(slot_of(i))].is_dynptr())
            return reject(EACCES, "potential write to dynptr at off={} disallowed", i);
    return true;
}

bool Analysis::check_initialised(unsigned number, int off, int size, bool zero_size_allowed,
                                 Access access, CallFacts* call) {
    if (size == 0 && !zero_size_allowed) return reject(EACCES, "invalid zero-sized read");
    const bool clobbers = access == Access::write;
    if (!check_stack_bounds(number, off, size, access)) return false;
    const Reg& pointer = reg(number);
    Frame& owner = owner_of(pointer);
    const bool fixed = pointer.num.is_const();
    if (call && call->is_raw && fixed) {
        if (!check_overwrites(owner, pointer, off, size)) return false;
        call->raw_size = size;
        call->raw_reg = number;
        return true;
    }
    const int least = static_cast<int>(fixed ? static_cast<std::int64_t>(pointer.num.var_off.value)
                                             : pointer.num.smin) +
                      off;
    const int end = static_cast<int>(fixed ? static_cast<std::int64_t>(pointer.num.var_off.value)
                                           : pointer.num.smax) +
                    off + size;
    for (int i = least; i < end; i = next_slot(i)) {
        const auto index = static_cast<std::size_t>(slot_of(i));
        const int slot_end = std::min(end, next_slot(i));
        const Slot& slot = owner.stack[index];
        for (int byte = i; byte < slot_end && !slot.is_spill(); ++byte) {
            if (is_data(slot.bytes[byte_of(byte)]) || slot.bytes[byte_of(byte)] == SlotByte::spill)
                continue;
            if (fixed)
                return reject(EACCES, "invalid read from stack R{} off {}+{} size {}", number,
                              least, byte - least, size);
            return reject(EACCES, "invalid read from stack R{} var_off {}+{} size {}", number,
                          text_of(pointer.num.var_off), byte - least, size);
        }
        for (int byte = i; byte < slot_end && clobbers; ++byte)
            clobber(owner.stack.change(index), byte_of(byte));
        liveness_->note_read(*state_, owner.number, insn_, SlotSet{1} << index);
    }
    return true;
}

}  // namespace bpftwin::verifier
