// Memory operands and pointers of a draft.
#include <algorithm>
#include <bit>

#include "tests/differential/draft.h"

namespace bpftwin::differential {
namespace {

using Kind = Value::Kind;

/// `offset` lowered to the next one at which an access is aligned.
std::int64_t aligned_down(std::int64_t offset, std::int64_t low, std::int64_t alignment) {
    const std::int64_t over = (low + offset) % alignment;
    return offset - (over < 0 ? over + alignment : over);
}

/// The longest run of set bits around bit `at`, as stack offsets.
Span run_around(std::uint64_t slots, unsigned at) {
    unsigned first = at;
    unsigned last = at;
    while (first > 0 && (slots >> (first - 1) & 1) != 0) --first;
    while (last < 63 && (slots >> (last + 1) & 1) != 0) ++last;
    return {slot_offset(last), slot_offset(first) + 8};
}

unsigned pick_bit(Choices& choices, std::uint64_t set) {
    unsigned left = choices.below(static_cast<unsigned>(std::popcount(set)));
    while (left-- != 0) set &= set - 1;
    return static_cast<unsigned>(std::countr_zero(set));
}

}  // namespace

AreaId Draft::add_area(const Area& area) {
    areas_.push_back(area);
    return static_cast<AreaId>(areas_.size() - 1);
}

void Draft::forget(AreaId id) {
    areas_[id].alive = false;
    for (Value& value : state.registers)
        if (value.is(Kind::pointer) && value.area == id) value = {};
}

std::optional<Span> Draft::stack_piece(bool initialised) {
    const std::uint64_t slots = (initialised ? state.stack : frame_slots) & ~reserved_slots;
    if (slots == 0) return std::nullopt;
    return run_around(slots, pick_bit(choices, slots));
}

std::optional<Span> Draft::piece(const Area& area, const Access& access) {
    if (!area.alive || (access.write && !area.writable)) return std::nullopt;
    if (area.kind == Area::Kind::stack) return stack_piece(access.read);
    if (area.kind != Area::Kind::context) return area.span;
    if (setting.context.empty()) return std::nullopt;
    return choices.of(setting.context);
}

std::optional<std::int16_t> Draft::offset_within(const Value& pointer, const Access& access) {
    const Area& area = areas_[pointer.area];
    const auto alignment = static_cast<std::int64_t>(access.bytes);
    const bool can_align = std::min(area.alignment, pointer.step) >= access.bytes;
    if (access.aligned && !can_align) return std::nullopt;
    const std::optional<Span> bytes = piece(area, access);
    if (!bytes) return std::nullopt;
    const std::int64_t first = std::max<std::int64_t>(bytes->begin - pointer.low, -32768);
    const std::int64_t last = std::min<std::int64_t>(bytes->end - alignment - pointer.high, 32767);
    if (first > last) return std::nullopt;
    std::int64_t offset = choices.between(first, last);
    if (choices.percent(30)) offset = choices.percent(50) ? first : last;
    if (access.aligned || (can_align && choices.percent(50))) {
        offset = aligned_down(offset, pointer.low, alignment);
        if (offset < first) offset += alignment;
        if (offset > last) return std::nullopt;
    }
    return static_cast<std::int16_t>(offset);
}

std::optional<Place> Draft::place_for(const Access& access) {
    const RegisterSet pointers = all_of(Kind::pointer) | only(frame_register);
    for (unsigned tries = 0; tries < 3; ++tries) {
        const std::uint8_t base = pick(pointers);
        if (const auto off = offset_within(value(base), access)) return Place{base, *off};
    }
    if (const auto off = offset_within(value(frame_register), access))
        return Place{frame_register, *off};
    return std::nullopt;
}

void Draft::stored(const Place& place, unsigned bytes) {
    const Value& base = value(place.base);
    const std::int64_t offset = base.low + place.off;
    if (areas_[base.area].kind != Area::Kind::stack || !base.exact()) return;
    if (bytes == 8 && offset % 8 == 0) state.stack |= std::uint64_t{1} << slot_at(offset);
}

void Draft::advance(std::uint8_t dst, std::int64_t bytes) {
    if (bytes == 0 && choices.percent(80)) return;
    const bool adds = choices.percent(70);
    code.emit(adds ? Op::add64_k : Op::sub64_k,
              {.dst = dst, .imm = static_cast<std::int32_t>(adds ? bytes : -bytes)});
}

void Draft::point_to(std::uint8_t dst, AreaId id, std::int64_t offset) {
    const Area& area = areas_[id];
    switch (area.source) {
        case Area::Source::frame:
            if (choices.percent(30)) {
                code.emit(Op::mov64_k, {.dst = dst, .imm = static_cast<std::int32_t>(offset)});
                code.emit(Op::add64_x, {.dst = dst, .src = frame_register});
            } else {
                code.emit(Op::mov64_x, {.dst = dst, .src = frame_register});
                advance(dst, offset);
            }
            break;
        case Area::Source::map_value: {
            const std::int64_t loaded = offset >= 0 && choices.percent(70) ? offset : 0;
            const Op op = choices.percent(80) ? Op::lddw_map_value : Op::lddw_map_idx_value;
            code.emit_wide(op, dst, area.map, static_cast<std::int32_t>(loaded));
            advance(dst, offset - loaded);
            break;
        }
        case Area::Source::slot:
            code.emit(Op::ldxdw, {.dst = dst, .src = frame_register, .off = area.slot});
            advance(dst, offset);
            break;
        case Area::Source::nowhere: bug("an area has no source");
    }
    wrote(dst, Value::pointer(id, offset));
}

bool Draft::point_to_bytes(std::uint8_t dst, std::uint32_t bytes, bool write,
                           std::uint32_t alignment) {
    for (unsigned tries = 0; tries < 4; ++tries) {
        const auto id = static_cast<AreaId>(choices.below(areas_.size()));
        const Area& area = areas_[id];
        if (area.source == Area::Source::nowhere || area.alignment < alignment) continue;
        const auto span = piece(area, {.bytes = bytes, .write = write});
        if (!span) continue;
        const std::int64_t begin =
            (span->begin + std::int64_t{alignment} - 1) & -std::int64_t{alignment};
        const std::int64_t room = (span->end - begin - bytes) / alignment;
        if (begin + bytes > span->end) continue;
        point_to(dst, id, begin + choices.between(0, room) * alignment);
        return true;
    }
    return false;
}

std::int16_t Draft::general_slot() {
    return slot_offset(pick_bit(choices, frame_slots & ~reserved_slots));
}

std::optional<std::int16_t> Draft::reserve_slot() {
    std::uint64_t slots = ~state.stack & ~reserved_slots;
    // Loads need one that stays.
    if (std::popcount(frame_slots & ~reserved_slots) <= 1) slots &= ~frame_slots;
    if (slots == 0) return std::nullopt;
    const unsigned slot =
        pick_bit(choices, (slots & frame_slots) != 0 ? slots & frame_slots : slots);
    reserved_slots |= std::uint64_t{1} << slot;
    return slot_offset(slot);
}

void Draft::release_slot(std::int16_t offset) {
    const std::uint64_t slot = std::uint64_t{1} << slot_at(offset);
    reserved_slots &= ~slot;
    state.stack |= slot;
}

AreaId Draft::values_of(std::uint8_t map) {
    for (std::size_t i = 0; i < areas_.size(); ++i)
        if (areas_[i].source == Area::Source::map_value && areas_[i].map == map)
            return static_cast<AreaId>(i);
    const MapSpec& spec = setting.maps[map];
    return add_area({.source = Area::Source::map_value,
                     .writable = !spec.frozen,
                     .map = map,
                     .span = {0, static_cast<std::int32_t>(spec.value_size)},
                     .alignment = 8});
}

}  // namespace bpftwin::differential
