// Sets of states as claims: what covers what, and what holds both (include/bpftwin/claims.h).
#include "bpftwin/claims.h"

#include <algorithm>
#include <bit>

#include "fmt/format.h"

namespace bpftwin {
namespace {

constexpr std::size_t most_states = 24;

/// "in [0, 15]", or the number, or nothing where it is any.
template <class T>
std::string range_text(T least, T most) {
    if (least == most) return fmt::format("{}", least);
    return fmt::format("[{}, {}]", least, most);
}

bool same_place(const PlaceClaim& a, const PlaceClaim& b) {
    return a.is_slot == b.is_slot && a.index == b.index && a.bytes == b.bytes;
}

const PlaceClaim* find(const StateClaim& state, const PlaceClaim& place) {
    const auto found =
        std::ranges::find_if(state, [&](const PlaceClaim& one) { return same_place(one, place); });
    return found == state.end() ? nullptr : &*found;
}

bool covers(const StateClaim& outer, const StateClaim& inner) {
    return std::ranges::all_of(outer, [&](const PlaceClaim& place) {
        const PlaceClaim* other = find(inner, place);
        return other && place.value.covers(other->value);
    });
}

void join(StateClaim& state, const StateClaim& other) {
    std::erase_if(state, [&](PlaceClaim& place) {
        const PlaceClaim* same = find(other, place);
        return !same || !place.value.join(same->value);
    });
}

/// Places that would not be said anything of any more.
std::size_t lost_by_join(const StateClaim& state, const StateClaim& other) {
    StateClaim joined = state;
    join(joined, other);
    return state.size() - joined.size();
}

}  // namespace

NumberClaim NumberClaim::constant(std::uint64_t number) {
    const auto s = static_cast<std::int64_t>(number);
    const auto u32 = static_cast<std::uint32_t>(number);
    const auto s32 = static_cast<std::int32_t>(number);
    return {number, 0, s, s, number, number, s32, s32, u32, u32};
}

bool NumberClaim::contains(std::uint64_t number) const { return covers(constant(number)); }

bool NumberClaim::covers(const NumberClaim& other) const {
    const bool bits = (other.mask & ~mask) == 0 && ((other.value ^ value) & ~mask) == 0;
    return bits && smin <= other.smin && smax >= other.smax && umin <= other.umin &&
           umax >= other.umax && s32_min <= other.s32_min && s32_max >= other.s32_max &&
           u32_min <= other.u32_min && u32_max >= other.u32_max;
}

void NumberClaim::join(const NumberClaim& other) {
    mask |= other.mask | (value ^ other.value);
    value &= ~mask;
    smin = std::min(smin, other.smin);
    smax = std::max(smax, other.smax);
    umin = std::min(umin, other.umin);
    umax = std::max(umax, other.umax);
    s32_min = std::min(s32_min, other.s32_min);
    s32_max = std::max(s32_max, other.s32_max);
    u32_min = std::min(u32_min, other.u32_min);
    u32_max = std::max(u32_max, other.u32_max);
}

std::string NumberClaim::text() const {
    if (mask == 0) return fmt::format("{}", static_cast<std::int64_t>(value));
    const NumberClaim any;
    std::string text;
    const auto add = [&](std::string_view what, const std::string& range) {
        text += fmt::format("{}{}{}", text.empty() ? "in " : ", ", what, range);
    };
    if (smin != any.smin || smax != any.smax) add("", range_text(smin, smax));
    if (umin != any.umin || umax != any.umax) add("unsigned ", range_text(umin, umax));
    if (s32_min != any.s32_min || s32_max != any.s32_max)
        add("low half ", range_text(s32_min, s32_max));
    if (u32_min != any.u32_min || u32_max != any.u32_max)
        add("unsigned low half ", range_text(u32_min, u32_max));
    if (mask != any.mask) add("", fmt::format("bits ({:#x}; {:#x})", value, mask));
    return text.empty() ? "anything" : text;
}

bool ValueClaim::covers(const ValueClaim& other) const {
    return kind == other.kind && map == other.map && frame == other.frame && off == other.off &&
           (may_be_null || !other.may_be_null) && readable <= other.readable &&
           number.covers(other.number);
}

bool ValueClaim::join(const ValueClaim& other) {
    if (kind != other.kind || map != other.map || frame != other.frame || off != other.off)
        return false;
    may_be_null |= other.may_be_null;
    readable = std::min(readable, other.readable);
    number.join(other.number);
    return true;
}

std::string ValueClaim::text() const {
    if (kind == Kind::number) return "a number, " + number.text();
    constexpr std::string_view names[] = {
        "",           "the context",  "the stack",        "a map", "a map's value",
        "the packet", "its metadata", "the packet's end", "memory"};
    std::string text = fmt::format("a pointer to {}", names[static_cast<std::size_t>(kind)]);
    if (kind == Kind::stack && frame != 0) text += fmt::format(" of {} calls up", frame);
    if (map >= 0) text += fmt::format(" (map {})", map);
    text += fmt::format(", offset {}", number.text());
    if (off != 0) text += fmt::format(" and {}", off);
    if (readable != 0) text += fmt::format(", {} bytes", readable);
    return may_be_null ? text + ", or null" : text;
}

std::string PlaceClaim::name() const {
    return is_slot ? fmt::format("fp-{}", (index + 1) * 8) : fmt::format("r{}", index);
}

void Claims::add(std::uint32_t insn, StateClaim state) {
    auto& states = by_insn[insn];
    if (std::ranges::any_of(states, [&](const auto& one) { return covers(one, state); })) return;
    if (states.size() >= most_states) {
        const auto nearest = std::ranges::min_element(
            states, {}, [&](const StateClaim& one) { return lost_by_join(one, state); });
        join(state, *nearest);
    }
    std::erase_if(states, [&](const StateClaim& one) { return covers(state, one); });
    states.push_back(std::move(state));
}

}  // namespace bpftwin
