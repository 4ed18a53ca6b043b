#include "verifier/dynptr.h"

#include <array>

#include "verifier/analysis.h"

namespace bpftwin::verifier {
namespace {

constexpr std::array<std::string_view, 5> kind_texts{"local", "ringbuf", "skb", "xdp", "skb_meta"};
static_assert(kind_texts.size() == static_cast<std::size_t>(DynptrKind::skb_meta) + 1);

SlotSet slots_of_object(std::uint32_t first) { return SlotSet{3} << (first - 1); }

Reg dynptr_of(DynptrKind kind, std::uint32_t id) {
    Reg dynptr = Reg::pointer({RegKind::const_ptr_to_dynptr});
    dynptr.target = static_cast<std::int32_t>(kind);
    dynptr.uid = 1;
    dynptr.id = id;
    return dynptr;
}

void clear_dynptr(Frame& owner, std::uint32_t first) {
    owner.stack.change(first) = {};
    owner.stack.change(first - 1) = {};
}

}  // namespace

std::string_view text_of(DynptrKind kind) { return kind_texts[static_cast<std::size_t>(kind)]; }

std::expected<std::uint32_t, int> Analysis::slot_of_object(const Reg& pointer,
                                                           std::string_view what,
                                                           std::uint32_t slots) {
    if (!pointer.num.is_const()) {
        say("{} has to be at a constant offset", what);
        return std::unexpected(EINVAL);
    }
    const int off = pointer.off + static_cast<int>(pointer.num.var_off.value);
    const int slot = (-off - 1) / slot_size;
    if (off % slot_size != 0 || slot + 1 < static_cast<int>(slots)) {
        say("cannot pass in {} at an offset={}", what, off);
        return std::unexpected(EINVAL);
    }
    const auto first = static_cast<std::uint32_t>(slot);
    if (first >= owner_of(pointer).stack.size()) return std::unexpected(ERANGE);
    return first;
}

void Analysis::touch_dynptr(std::uint32_t first) {
    log_.touch_slot(static_cast<int>(first));
    log_.touch_slot(static_cast<int>(first) - 1);
}

const Reg* Analysis::dynptr_at(const Reg& pointer) {
    if (pointer.is(RegKind::const_ptr_to_dynptr)) return &pointer;
    const auto slot = slot_of_object(pointer, "dynptr", dynptr_slots);
    if (!slot) return nullptr;
    const auto& stack = owner_of(pointer).stack;
    const Slot& first = stack[*slot];
    return first.is_dynptr() && stack[*slot - 1].is_dynptr() && first.spilled.is_first_slot()
               ? &first.spilled
               : nullptr;
}

bool Analysis::check_dynptr(unsigned number, DynptrUse use, std::optional<DynptrKind> kind,
                            std::uint32_t reference) {
    const Reg& pointer = reg(number);
    if (!pointer.is(RegKind::ptr_to_stack) && !pointer.is(RegKind::const_ptr_to_dynptr))
        return reject(EINVAL, "arg#{} expected pointer to stack or const struct bpf_dynptr",
                      number - 1);
    if (use == DynptrUse::makes) return make_dynptr(number, kind.value(), reference);
    if (pointer.is(RegKind::const_ptr_to_dynptr) && use == DynptrUse::changes)
        return reject(EINVAL, "cannot pass pointer to const bpf_dynptr, the helper mutates it");
    const Reg* dynptr = dynptr_at(pointer);
    if (!dynptr) return reject(EINVAL, "Expected an initialized dynptr as arg #{}", number - 1);
    if (kind && dynptr->dynptr_kind() != *kind)
        return reject(EINVAL, "Expected a dynptr of type {} as arg #{}", text_of(*kind),
                      number - 1);
    if (pointer.is(RegKind::const_ptr_to_dynptr)) return true;
    const auto slot = slot_of_object(pointer, "dynptr", dynptr_slots);
    liveness_->note_read(*state_, pointer.frame, insn_, slots_of_object(*slot));
    touch_dynptr(*slot);
    return true;
}

Reg Analysis::given_dynptr() { return dynptr_of(DynptrKind::local, ++last_id_); }

bool Analysis::make_dynptr(unsigned number, DynptrKind kind, std::uint32_t reference) {
    constexpr const char* refusal = "Dynptr has to be an uninitialized dynptr";
    const Reg& pointer = reg(number);
    if (!pointer.is(RegKind::ptr_to_stack)) return reject(EINVAL, refusal);
    // A stack that is not that deep yet grows by the writes.
    if (const auto slot = slot_of_object(pointer, "dynptr", dynptr_slots);
        !slot && slot.error() != ERANGE)
        return reject(EINVAL, refusal);
    for (int i = 0; i < static_cast<int>(dynptr_slots); ++i)
        if (!check_access(number, i * slot_size, slot_size, Access::write, {}, false, false))
            return false;
    const auto first = slot_of_object(pointer, "dynptr", dynptr_slots);
    if (!first) return confused("a dynptr outside of the stack");
    Frame& owner = owner_of(pointer);
    if (!destroy_dynptr(owner, *first) || !destroy_dynptr(owner, *first - 1)) return false;
    Reg dynptr = dynptr_of(kind, ++last_id_);
    if (is_counted(kind)) dynptr.ref_obj_id = reference != 0 ? reference : acquire_reference();
    for (const std::uint32_t slot : {*first - 1, *first}) {
        dynptr.uid = slot == *first ? 1 : 0;
        owner.stack.change(slot) = {dynptr, {}};
        owner.stack.change(slot).bytes.fill(SlotByte::dynptr);
    }
    liveness_->note_write(owner.number, slots_of_object(*first));
    return true;
}

bool Analysis::release_dynptr(const Reg& pointer) {
    const auto first = slot_of_object(pointer, "dynptr", dynptr_slots);
    if (!first) return false;
    Frame& owner = owner_of(pointer);
    const Reg dynptr = owner.stack[*first].spilled;
    const auto clear = [&](std::uint32_t slot) {
        clear_dynptr(owner, slot);
        liveness_->note_write(owner.number, slots_of_object(slot));
    };
    if (!is_counted(dynptr.dynptr_kind())) {
        clear(*first);
        return true;
    }
    if (!release_reference(dynptr.ref_obj_id)) return confused("a dynptr that nothing acquired");
    for (std::uint32_t i = 1; i < owner.stack.size(); ++i) {
        const Slot& slot = owner.stack[i];
        if (slot.is_dynptr() && slot.spilled.is_first_slot() &&
            slot.spilled.ref_obj_id == dynptr.ref_obj_id)
            clear(i);
    }
    return true;
}

bool Analysis::destroy_dynptr(Frame& owner, std::uint32_t slot) {
    if (!owner.stack[slot].is_dynptr()) return true;
    const std::uint32_t first = owner.stack[slot].spilled.is_first_slot() ? slot : slot + 1;
    const Reg dynptr = owner.stack[first].spilled;
    if (is_counted(dynptr.dynptr_kind()))
        return reject(EINVAL, "cannot overwrite referenced dynptr");
    touch_dynptr(first);
    clear_dynptr(owner, first);
    const auto is_part = [&](const Reg& reg) {
        const RegType type = reg.type;
        return type.kind == RegKind::ptr_to_mem && (type.flags & ~maybe_null) == 0 &&
               reg.uid == dynptr.id;
    };
    state_->change_regs(is_part, [](Reg& reg) { reg.make_unknown(); });
    liveness_->note_write(owner.number, slots_of_object(first));
    return true;
}

// --- Helpers.

bool Analysis::check_dynptr_argument(const Arg& arg, unsigned number) {
    const bool is_record = arg.type == ArgType::ringbuf_dynptr;
    if (arg.uninit)
        return check_dynptr(number, DynptrUse::makes,
                            is_record ? DynptrKind::ringbuf : DynptrKind::local);
    const DynptrUse use = arg.release ? DynptrUse::changes : DynptrUse::reads;
    return is_record ? check_dynptr(number, use, DynptrKind::ringbuf)
                     : check_dynptr(number, use, {});
}

/// What is done through the dynptr, which is the first argument.
void Analysis::note_dynptr(CallFacts& call) {
    const Reg* dynptr = dynptr_at(reg(1));
    if (call.helper->returns == RetType::dynptr_mem_or_null) {
        call.dynptr_id = dynptr->id;
        call.ref_obj_id = dynptr->ref_obj_id;
    } else {
        const DynptrKind kind = dynptr->dynptr_kind();
        call.writes_packet = kind == DynptrKind::skb || kind == DynptrKind::skb_meta;
    }
}

/// Whether the argument may be given back, as far as its slots say.
bool Analysis::check_released_dynptr(const Reg& pointer, unsigned number) {
    if (!pointer.is(RegKind::ptr_to_stack))
        return reject(EINVAL, "cannot release unowned const bpf_dynptr");
    const auto slot = slot_of_object(pointer, "dynptr", dynptr_slots);
    return (slot && owner_of(pointer).stack[*slot].spilled.ref_obj_id != 0) ||
           reject(EINVAL, "arg {} is an unacquired reference", number);
}

}  // namespace bpftwin::verifier
