// Loads, stores, atomic operations, packet loads and constants.
#include <array>
#include <bit>

#include "tests/differential/calls.h"
#include "tests/differential/rules.h"

namespace bpftwin::differential {
namespace {

using Kind = Value::Kind;

constexpr std::int32_t fetch = 1;  // BPF_FETCH: the old value goes to `src`.

bool is_exchange(Op op) { return op == Op::atomic_cmpxchg32 || op == Op::atomic_cmpxchg64; }

/// An exchange compares with r0 and changes it.
bool prepare_exchange(Draft& draft) { return contains(draft.free(), 0) && draft.need_scalar(0); }

Value loaded(const OpInfo& row) {
    if (row.family == Family::ldxsx || row.bits == 64) return Value::scalar();
    return Value::scalar((std::uint64_t{1} << row.bits) - 1);
}

/// Where an atomic operation leaves the old value: `src`, r0 or nowhere.
void wrote_old_value(Draft& draft, const OpInfo& row, std::uint8_t src) {
    const Value old = Value::scalar(row.bits == 32 ? 0xffffffff : Value::scalar().most);
    if (is_exchange(row.op))
        draft.wrote(0, old);
    else if (row.family == Family::atomic && (row.discriminator_value & fetch) != 0)
        draft.wrote(src, old);
}

/// Loads the address of a slot out of the slot itself, to be used like any other.
void load_address_back(Draft& draft, std::int16_t slot) {
    const std::uint8_t dst = draft.destination();
    draft.code.emit(Op::ldxdw, {.dst = dst, .src = frame_register, .off = slot});
    draft.wrote(dst, Value::pointer(Draft::stack_area(), slot));
}

/// A store or atomic operation of a pointer to the memory that it points to. What it leaves in
/// memory depends on the engine and is overwritten at once.
bool generate_store_of_own_address(Draft& draft, const OpInfo& row) {
    const std::uint64_t slots = draft.state.stack & ~draft.reserved_slots;
    if (slots == 0 || (is_exchange(row.op) && !prepare_exchange(draft))) return false;
    const std::int16_t slot = slot_offset(static_cast<unsigned>(std::countr_zero(slots)));
    const RegisterSet free = draft.free();
    const std::uint8_t both = draft.pick(free);
    const auto off = static_cast<std::int16_t>(row.bits == 64 ? 0 : draft.choices.below(2) * 4);
    draft.point_to(both, Draft::stack_area(), slot);
    draft.code.emit(row.op, {.dst = both, .src = both, .off = off});
    wrote_old_value(draft, row, both);
    const bool stores = row.family != Family::atomic;
    if (stores && draft.choices.percent(50)) draft.forget_register(both);
    if (stores && row.bits == 64 && draft.choices.percent(50)) load_address_back(draft, slot);
    draft.code.emit(Op::stdw, {.dst = frame_register, .off = slot, .imm = draft.choices.edge32()});
    return true;
}

/// Loads what an exchange compares with, so that it finds it; a short one looks at one half only.
void expect_present_value(Draft& draft, const OpInfo& row, const Place& place, std::uint8_t src) {
    const Op load = row.bits == 32 ? Op::ldxw : Op::ldxdw;
    draft.code.emit(load, {.dst = 0, .src = place.base, .off = place.off});
    draft.wrote(0, Value::scalar());
    const RegisterSet others = draft.free() & ~only(0) & ~only(src) & ~only(place.base);
    if (row.bits != 32 || others == 0 || draft.choices.percent(50)) return;
    const std::uint8_t half = draft.pick(others);
    draft.load_number(half, draft.choices.edge64() << 32);
    draft.code.emit(Op::or_64_x, {.dst = 0, .src = half});
}

Access access_of(const OpInfo& row) {
    const bool ordered = row.family == Family::load_acquire || row.family == Family::store_release;
    const bool loads = row.family == Family::ldx || row.family == Family::ldxsx ||
                       row.family == Family::load_acquire;
    return {.bytes = row.bits / 8u, .read = loads, .write = !loads, .aligned = ordered};
}

void load_from(Draft& draft, const OpInfo& row, const Place& place) {
    const bool same = contains(draft.free(), place.base) && draft.choices.percent(10);
    const std::uint8_t dst = same ? place.base : draft.destination();
    draft.code.emit(row.op, {.dst = dst, .src = place.base, .off = place.off});
    draft.wrote(dst, loaded(row));
}

void store_to(Draft& draft, const OpInfo& row, const Place& place) {
    Operands operands{.dst = place.base, .off = place.off};
    if (has(row.operands, src_field))
        operands.src = draft.scalar();
    else
        operands.imm = draft.choices.edge32();
    draft.code.emit(row.op, operands);
    draft.stored(place, row.bits / 8u);
}

/// Sometimes inside the packet as it is, sometimes outside, sometimes from its headers.
std::int32_t packet_offset(Choices& choices) {
    constexpr std::int32_t network = -0x100000;  // SKF_NET_OFF
    constexpr std::int32_t link = -0x200000;     // SKF_LL_OFF
    const auto small = static_cast<std::int32_t>(choices.below(16));
    switch (choices.below(12)) {
        case 0: return network + small;
        case 1: return link + small;
        case 2: return choices.edge32();
        case 3: return static_cast<std::int32_t>(choices.below(100));
        default: return small;
    }
}

bool has_address(const Setting& setting, Op op, std::size_t map) {
    const bool value = op == Op::lddw_map_value || op == Op::lddw_map_idx_value;
    return !value || has_direct_values(setting.maps[map]);
}

bool generate_map_constant(Draft& draft, Op op) {
    if (draft.setting.maps.empty()) return false;
    const auto map = static_cast<std::uint8_t>(draft.choices.below(draft.setting.maps.size()));
    if (!has_address(draft.setting, op, map) || map == draft.setting.rounds) return false;
    const std::uint8_t dst = draft.destination();
    if (op == Op::lddw_map_fd || op == Op::lddw_map_idx) {
        draft.code.emit_wide(op, dst, map, 0);
        draft.wrote(dst, Value::one_of(Kind::map, 1u << map, first_alike(draft.setting, map)));
        return true;
    }
    const std::uint32_t size = draft.setting.maps[map].value_size;
    const std::uint32_t offset = draft.choices.percent(40) ? 0 : draft.choices.below(size + 1);
    draft.code.emit_wide(op, dst, map, static_cast<std::int32_t>(offset));
    draft.wrote(dst, Value::pointer(draft.values_of(map), offset));
    return true;
}

bool generate_function_constant(Draft& draft, Op op) {
    if (draft.subprograms.empty()) return false;
    const auto function = static_cast<std::uint8_t>(draft.choices.below(draft.subprograms.size()));
    const std::uint8_t dst = draft.destination();
    draft.code.refer(op, dst, function);
    draft.wrote(dst, Value::one_of(Kind::function, 1u << function,
                                   first_alike(draft.subprograms, function)));
    return true;
}

}  // namespace

bool generate_load(Draft& draft, const OpInfo& row) {
    const auto place = draft.place_for(access_of(row));
    if (!place) return false;
    load_from(draft, row, *place);
    return true;
}

bool generate_store(Draft& draft, const OpInfo& row) {
    if (has(row.operands, src_field) && draft.choices.percent(5))
        return generate_store_of_own_address(draft, row);
    const auto place = draft.place_for(access_of(row));
    if (!place) return false;
    store_to(draft, row, *place);
    return true;
}

bool generate_access_by(Draft& draft, std::uint8_t base) {
    constexpr auto families =
        std::to_array<Family>({Family::ldx, Family::ldxsx, Family::st, Family::stx});
    const OpInfo& row = info(draft.choices.of(rows_of(draft.choices.of(families))));
    const auto place = draft.place_by(base, access_of(row));
    if (!place) return false;
    if (access_of(row).write)
        store_to(draft, row, *place);
    else
        load_from(draft, row, *place);
    return true;
}

bool generate_atomic(Draft& draft, const OpInfo& row) {
    if (draft.choices.percent(10)) return generate_store_of_own_address(draft, row);
    if (is_exchange(row.op) && !prepare_exchange(draft)) return false;
    const std::uint8_t src = draft.changeable_scalar();
    const auto place = draft.place_for({.bytes = row.bits / 8u, .write = true, .aligned = true});
    if (!place) return false;
    if (is_exchange(row.op) && draft.choices.percent(50))
        expect_present_value(draft, row, *place, src);
    draft.code.emit(row.op, {.dst = place->base, .src = src, .off = place->off});
    wrote_old_value(draft, row, src);
    return true;
}

bool generate_packet_load(Draft& draft, const OpInfo& row) {
    constexpr std::uint8_t context_register = 6;
    if (!draft.context || !draft.setting.has_packet || draft.setting.type == ProgType::xdp ||
        !draft.calls_allowed())
        return false;
    const Value& r6 = draft.value(context_register);
    const bool already = r6 == Value::pointer(*draft.context, 0);
    if (!already && !contains(draft.free(), context_register)) return false;
    if (!already) load_context(draft, context_register);
    Operands operands{.imm = packet_offset(draft.choices)};
    if (has(row.operands, src_field)) {
        operands.src = draft.scalar();
        if (contains(draft.free(), operands.src) && draft.choices.percent(85))
            draft.load_number(operands.src, draft.choices.below(8));
    }
    draft.code.emit(row.op, operands);
    draft.after_call(loaded(row));
    return true;
}

bool generate_constant(Draft& draft, const OpInfo& row) {
    switch (row.op) {
        case Op::lddw: {
            const std::uint64_t number = draft.choices.edge64();
            const std::uint8_t dst = draft.destination();
            draft.code.emit_wide(row.op, dst, static_cast<std::int32_t>(number),
                                 static_cast<std::int32_t>(number >> 32));
            draft.wrote(dst, Value::number(number));
            return true;
        }
        case Op::lddw_func: return generate_function_constant(draft, row.op);
        case Op::lddw_btf_id: return false;  // No engine knows a kernel's variables yet.
        default: return generate_map_constant(draft, row.op);
    }
}

}  // namespace bpftwin::differential
