#include "verifier/claims.h"

#include <algorithm>
#include <bit>
#include <utility>

#include "verifier/analysis.h"

namespace bpftwin::verifier {
namespace {

constexpr std::uint16_t arguments = 0x3e, caller_saved = 0x3f;

NumberClaim claim_of(const Scalar& num) {
    return {num.var_off.value, num.var_off.mask, num.smin,    num.smax,    num.umin,
            num.umax,          num.s32_min,      num.s32_max, num.u32_min, num.u32_max};
}

/// Slots of bytes `from` to `to` of the stack, as a mask.
std::uint64_t slots_between(unsigned first, unsigned last) {
    return (last >= 63 ? ~std::uint64_t{0} : (std::uint64_t{1} << (last + 1)) - 1) &
           ~((std::uint64_t{1} << first) - 1);
}

std::size_t spilled_bytes_of(const Slot& slot) {
    return static_cast<std::size_t>(std::ranges::count(slot.bytes, SlotByte::spill));
}

void put(std::uint16_t& regs, unsigned reg, bool doubtful) {
    const auto bit = static_cast<std::uint16_t>(1U << reg);
    regs = static_cast<std::uint16_t>(doubtful ? regs | bit : regs & ~bit);
}

}  // namespace

ClaimRecorder::ClaimRecorder(Claims& claims, const Code& code, const Flow& flow,
                             const std::vector<Map>& maps)
    : claims_(claims), code_(code), flow_(flow), maps_(maps), is_inner_(maps.size()) {
    claims_ = {};
    claims_.by_insn.resize(code.size());
    for (const Map& map : maps)
        if (map.inner >= 0) is_inner_[static_cast<std::size_t>(map.inner)] = true;
}

void ClaimRecorder::begin() {
    visits_.clear();
    retired_.clear();
    kept_ = nullptr;
}

// --- While paths are followed.

void ClaimRecorder::visit(State& state, std::uint32_t insn) {
    const State* kept = std::exchange(kept_, nullptr);
    if (!claims_.complete || visits_.size() >= max_visits) {
        claims_.complete = false;
        visits_ = {};
        return;
    }
    visits_.push_back({.insn = insn,
                       .previous = state.visit,
                       .frame = static_cast<std::uint8_t>(state.current),
                       .in_callback = state.frame().in_callback,
                       .touch = touch_of(state, insn),
                       .linked = {},
                       .kept = kept,
                       .claim = claim_of(state, insn)});
    state.visit = static_cast<std::int32_t>(visits_.size()) - 1;
}

void ClaimRecorder::linked(const LinkedRegs& linked) {
    if (!visits_.empty() && claims_.complete) visits_.back().linked = linked;
}

StateClaim ClaimRecorder::claim_of(const State& state, std::uint32_t insn) const {
    StateClaim claim;
    const Frame& frame = state.frame();
    const unsigned live = flow_.insns[insn].live_before | 1U << frame_pointer;
    for (unsigned i = 0; i <= frame_pointer; ++i) {
        if ((live >> i & 1) == 0) continue;
        if (auto value = claim_of(frame.regs[i], frame.number))
            claim.push_back({.index = static_cast<std::uint8_t>(i), .value = *value});
    }
    for (std::size_t i = 0; i < frame.stack.size(); ++i)
        if (auto place = claim_of(frame.stack[i], i, frame.number)) claim.push_back(*place);
    return claim;
}

/// The object's map that a pointer belongs to, -1: one that is inside of another.
std::int32_t ClaimRecorder::map_of(const Reg& reg) const {
    const auto index = static_cast<std::size_t>(reg.target);
    return reg.uid != 0 || is_inner_[index] ? -1 : reg.target;
}

std::optional<ValueClaim> ClaimRecorder::claim_of(const Reg& reg, std::uint32_t frame) const {
    ValueClaim claim{.may_be_null = reg.may_be_null(), .off = reg.off, .number = {}};
    claim.number = verifier::claim_of(reg.num);
    constexpr std::uint16_t other_memory = ptr_untrusted | mem_percpu | mem_user | mem_alloc;
    if (reg.type.has(other_memory)) return std::nullopt;
    switch (reg.type.kind) {
        case RegKind::scalar_value:
            claim.off = 0;
            if (claim.number == NumberClaim{}) return std::nullopt;
            return claim;
        case RegKind::ptr_to_ctx: claim.kind = ValueClaim::Kind::context; break;
        case RegKind::ptr_to_stack:
            claim.kind = ValueClaim::Kind::stack;
            claim.frame = static_cast<std::uint8_t>(frame - reg.frame);
            break;
        case RegKind::const_ptr_to_map:
            claim.kind = ValueClaim::Kind::map;
            claim.map = map_of(reg);
            break;
        case RegKind::ptr_to_map_value: {
            const Map& map = maps_[static_cast<std::size_t>(reg.target)];
            const bool holds_objects =
                map.inner >= 0 || map.type() == MapType::xskmap || map.type() == MapType::sockmap ||
                map.type() == MapType::sockhash || map.type() == MapType::arena;
            if (holds_objects) return std::nullopt;
            claim.kind = ValueClaim::Kind::map_value;
            claim.map = map_of(reg);
            break;
        }
        case RegKind::ptr_to_packet:
        case RegKind::ptr_to_packet_meta:
            claim.kind = reg.type.kind == RegKind::ptr_to_packet ? ValueClaim::Kind::packet
                                                                 : ValueClaim::Kind::packet_meta;
            claim.readable = std::max(reg.target, 0);
            return claim;
        case RegKind::ptr_to_packet_end: claim.kind = ValueClaim::Kind::packet_end; break;
        case RegKind::ptr_to_mem:
            claim.kind = ValueClaim::Kind::memory;
            claim.readable = reg.target;
            break;
        default: return std::nullopt;
    }
    if (claim.number.mask != 0) return claim;
    claim.number = NumberClaim::constant(claim.number.value +
                                         static_cast<std::uint64_t>(std::int64_t{claim.off}));
    claim.off = 0;
    return claim;
}

std::optional<PlaceClaim> ClaimRecorder::claim_of(const Slot& slot, std::size_t index,
                                                  std::uint32_t frame) const {
    PlaceClaim place{.is_slot = true, .index = static_cast<std::uint8_t>(index)};
    const auto count = static_cast<std::size_t>(std::ranges::count(slot.bytes, SlotByte::zero));
    if (count == slot_size) {
        place.value.number = NumberClaim::constant(0);
        return place;
    }
    if (!slot.is_spill()) return std::nullopt;
    place.bytes = static_cast<std::uint8_t>(spilled_bytes_of(slot));
    Reg held = slot.spilled;
    if (place.bytes != slot_size) {
        // The verifier remembers all of the register, memory its low bytes.
        if (!held.is_scalar() || !std::has_single_bit(place.bytes)) return std::nullopt;
        held.num.truncate(place.bytes);
    }
    auto value = claim_of(held, frame);
    if (!value) return std::nullopt;
    place.value = *value;
    return place;
}

/// The stack slots that the instruction may touch.
ClaimRecorder::Touch ClaimRecorder::touch_of(const State& state, std::uint32_t insn) const {
    const OpInfo& row = info(code_.ops[insn]);
    const Insn& at = code_.insn(insn);
    unsigned pointer = at.dst;
    switch (row.family) {
        case Family::ldx:
        case Family::ldxsx:
        case Family::load_acquire: pointer = at.src; break;
        case Family::st:
        case Family::stx:
        case Family::store_release:
        case Family::atomic: break;
        default: return {};
    }
    const Reg& reg = state.reg(pointer);
    if (!reg.is(RegKind::ptr_to_stack)) return {};
    Touch touch{.frame = reg.frame, .first = 0, .last = 63, .any = true};
    const std::int64_t off =
        static_cast<std::int64_t>(reg.num.var_off.value) + reg.off + std::int64_t{at.off};
    const std::int64_t size = row.bits / 8;
    if (!reg.num.is_const() || off < -max_stack || off + size > 0) return touch;
    touch.first = static_cast<std::uint8_t>((-(off + size - 1) - 1) / slot_size);
    touch.last = static_cast<std::uint8_t>((-off - 1) / slot_size);
    touch.whole = size == slot_size && off % slot_size == 0;
    return touch;
}

// --- When all paths are finished.

void ClaimRecorder::finish() {
    if (!claims_.complete) {
        claims_.by_insn.clear();
        return;
    }
    std::vector<Doubt> doubts(visits_.size());
    for (std::size_t i = 0; i < visits_.size(); ++i) {
        Visit& visit = visits_[i];
        Doubt& doubt = doubts[i];
        if (visit.kept)
            doubt = doubt_in(*visit.kept);
        else if (visit.previous >= 0)
            doubt = doubt_after(visits_[static_cast<std::size_t>(visit.previous)],
                                doubts[static_cast<std::size_t>(visit.previous)], visit);
        std::erase_if(visit.claim, [&](const PlaceClaim& place) {
            return place.is_slot ? (doubt.slots[visit.frame] >> place.index & 1) != 0
                                 : (doubt.regs[visit.frame] >> place.index & 1) != 0;
        });
        claims_.add(visit.insn, std::move(visit.claim));
    }
}

ClaimRecorder::Doubt ClaimRecorder::doubt_in(const State& kept) const {
    Doubt doubt;
    for (std::uint32_t f = 0; f <= kept.current; ++f) doubt_in(kept, f, doubt);
    return doubt;
}

void ClaimRecorder::doubt_in(const State& kept, std::uint32_t f, Doubt& doubt) const {
    const Frame& frame = *kept.frames[f];
    const std::uint16_t live = flow_.insns[kept.insn_of_frame(f, kept.insn)].live_before;
    for (unsigned i = 0; i < frame_pointer; ++i) {
        const Reg& reg = frame.regs[i];
        const bool matters = (live >> i & 1) != 0 && reg.type.kind != RegKind::not_init;
        put(doubt.regs[f], i, !matters || (reg.is_scalar() && !reg.precise));
    }
    for (std::size_t i = 0; i < frame.stack.size(); ++i) {
        const Slot& slot = frame.stack[i];
        const bool is_empty = slot.bytes == std::array<SlotByte, slot_size>{};
        if (is_empty || (slot.is_scalar_spill() && !slot.spilled.precise))
            doubt.slots[f] |= std::uint64_t{1} << i;
    }
}

ClaimRecorder::Doubt ClaimRecorder::doubt_after(const Visit& visit, Doubt doubt,
                                                const Visit& next) const {
    const Family family = info(code_.ops[visit.insn]).family;
    if (family == Family::call)
        follow_call(visit, doubt, next.frame);
    else if (family == Family::exit && next.frame < visit.frame && !visit.in_callback)
        put(doubt.regs[next.frame], 0, (doubt.regs[visit.frame] & 1) != 0);
    else if (next.frame < visit.frame)
        put(doubt.regs[next.frame], 0, false);
    else
        follow(visit, doubt);
    return doubt;
}

void ClaimRecorder::follow_call(const Visit& visit, Doubt& doubt, std::uint32_t next) const {
    const bool is_local = code_.ops[visit.insn] == Op::call_local;
    std::uint16_t& regs = doubt.regs[visit.frame];
    if (next > visit.frame) {
        const auto given = static_cast<std::uint16_t>(regs & arguments);
        doubt.regs[next] = is_local || given == 0 ? given : arguments;
        doubt.slots[next] = 0;
        if (!is_local) return;
    }
    regs &= static_cast<std::uint16_t>(~caller_saved);
    if (next < visit.frame) put(doubt.regs[next], 0, false);
}

void ClaimRecorder::follow(const Visit& visit, Doubt& doubt) const {
    const Op op = code_.ops[visit.insn];
    const OpInfo& row = info(op);
    const Insn& insn = code_.insn(visit.insn);
    const bool has_register = (insn.code & 8) != 0;
    std::uint16_t& regs = doubt.regs[visit.frame];
    const bool src = (regs >> insn.src & 1) != 0, dst = (regs >> insn.dst & 1) != 0;
    std::uint64_t& slots = doubt.slots[visit.touch.frame];
    const std::uint64_t touched =
        visit.touch.any ? slots_between(visit.touch.first, visit.touch.last) : 0;
    const bool held = (slots & touched) != 0;
    const auto store = [&](bool doubtful) {
        if (doubtful)
            slots |= touched;
        else if (visit.touch.whole)
            slots &= ~touched;
    };
    switch (row.family) {
        case Family::alu:
            if (code_.is_mov(visit.insn))
                put(regs, insn.dst, has_register && src);
            else
                put(regs, insn.dst, dst || (has_register && src));
            break;
        case Family::movsx:
        case Family::cast: put(regs, insn.dst, src); break;
        case Family::lddw: put(regs, insn.dst, false); break;
        case Family::ldx:
        case Family::ldxsx:
        case Family::load_acquire: put(regs, insn.dst, held); break;
        case Family::st: store(false); break;
        case Family::stx:
        case Family::store_release: store(src); break;
        case Family::atomic:
            if (src) slots |= touched;
            if (const auto fetched = fetched_by(insn, op)) put(regs, *fetched, held);
            break;
        case Family::ld_abs:
        case Family::ld_ind: regs &= static_cast<std::uint16_t>(~caller_saved); break;
        case Family::jmp:
            if (has_register && (dst || src)) {
                put(regs, insn.dst, true);
                put(regs, insn.src, true);
            }
            follow_linked(visit, doubt);
            break;
        case Family::neg:
        case Family::end:
        case Family::ja:
        case Family::call:
        case Family::exit: break;
    }
}

/// Values that are equal learn of each other: what one learned in doubt, all did.
void ClaimRecorder::follow_linked(const Visit& visit, Doubt& doubt) const {
    PlaceSet places{.regs = doubt.regs, .slots = doubt.slots};
    bool any = false;
    for (unsigned i = 0; i < visit.linked.count(); ++i) any |= places.has(visit.linked[i]);
    if (!any) return;
    for (unsigned i = 0; i < visit.linked.count(); ++i) places.add(visit.linked[i]);
    doubt = {places.regs, places.slots};
}

}  // namespace bpftwin::verifier
