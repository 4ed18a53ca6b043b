// Subprograms, callbacks, tail calls, and blocks that use what a call or a check has found.
#include "tests/differential/calls.h"

#include <algorithm>
#include <array>
#include <bit>
#include <utility>

#include "helpers/prototype.h"
#include "tests/differential/arguments.h"
#include "tests/differential/flow.h"
#include "tests/differential/rules.h"

namespace bpftwin::differential {
namespace {

using Kind = Value::Kind;

/// Instructions that one call of a function may execute, about.
constexpr std::uint64_t most_cost = 4000;

constexpr unsigned parameter_count(const Signature& signature) {
    unsigned count = 0;
    for (unsigned i = 0; i < signature.params.size(); ++i)
        if (signature.params[i] != Param::none) count = i + 1;
    return count;
}

bool fits(Draft& draft, const Body& callee, std::uint64_t calls) {
    const std::uint64_t cost = draft.code.weight() * calls * callee.cost;
    // One frame too many is a trap, the same on every engine.
    const bool too_deep = callee.depth >= max_depth && !draft.choices.percent(50);
    return !too_deep && draft.code.cost() + cost <= most_cost;
}

bool takes_context(const Signature& signature) {
    return std::ranges::find(signature.params, Param::context) != signature.params.end();
}

/// Loads r1 to r5 for a subprogram.
bool load_arguments(Draft& draft, const Signature& signature) {
    for (std::uint8_t i = 1; i <= 5; ++i) {
        switch (signature.params[i - 1u]) {
            case Param::scalar: load_scalar(draft, i); break;
            case Param::context: load_context(draft, i); break;
            case Param::buffer:
                if (!draft.point_to_bytes(i, buffer_size, true, 8)) return false;
                break;
            case Param::none:
            case Param::map:
            case Param::map_key:
            case Param::map_value: break;
        }
    }
    return true;
}

void count_call(Draft& draft, const Body& body, std::uint64_t calls) {
    draft.depth = std::max(draft.depth, body.depth + 1);
    draft.code.add_cost(calls * body.cost);
}

bool can_call(Draft& draft, std::uint8_t subprogram) {
    const Body& body = draft.subprograms[subprogram];
    if (body.signature.callback || !fits(draft, body, 1) || draft.is_quiet()) return false;
    return draft.context || !takes_context(body.signature);
}

/// A subprogram that can be called from here.
std::optional<std::uint8_t> callee(Draft& draft) {
    if (draft.subprograms.empty()) return std::nullopt;
    const auto chosen = static_cast<std::uint8_t>(draft.choices.below(draft.subprograms.size()));
    return can_call(draft, chosen) ? std::optional(chosen) : std::nullopt;
}

bool call_local(Draft& draft, std::uint8_t chosen) {
    const Body& body = draft.subprograms[chosen];
    if (!load_arguments(draft, body.signature)) return false;
    draft.code.refer(Op::call_local, 0, chosen);
    count_call(draft, body, 1);
    draft.after_call(Value::scalar());
    return true;
}

/// A register for a function pointer that no argument needs.
std::uint8_t function_register(Draft& draft, unsigned parameters) {
    RegisterSet registers = draft.free() & ~(only(parameters + 1) - 1);
    return draft.pick((registers | only(0)) & draft.free());
}

/// A call by a register that holds the number of a helper without arguments.
bool call_helper_by_register(Draft& draft) {
    const std::uint8_t callee = function_register(draft, 0);
    draft.load_number(callee, helper_named("ktime_get_ns")->id);
    draft.code.emit(Op::callx, {.dst = callee});
    draft.after_call(Value::scalar());
    return true;
}

/// A register that holds a function, perhaps one of several, and one that it may be.
std::optional<std::pair<std::uint8_t, std::uint8_t>> held_function(Draft& draft) {
    const RegisterSet held = draft.all_of(Kind::function);
    if (held == 0) return std::nullopt;
    const std::uint8_t number = draft.pick(held);
    const Value& value = draft.value(number);
    const Signature& signature = draft.subprograms[value.area].signature;
    const unsigned parameters = parameter_count(signature);
    if (signature.callback || (number >= 1 && number <= parameters)) return std::nullopt;
    if (takes_context(signature) && !draft.context) return std::nullopt;
    std::uint8_t costliest = value.area;
    for (std::uint8_t i = 0; i < draft.subprograms.size(); ++i) {
        if ((value.set >> i & 1) == 0) continue;
        if (!fits(draft, draft.subprograms[i], 1)) return std::nullopt;
        draft.depth = std::max(draft.depth, draft.subprograms[i].depth + 1);
        if (draft.subprograms[i].cost > draft.subprograms[costliest].cost) costliest = i;
    }
    return std::pair{number, costliest};
}

bool call_by_register(Draft& draft) {
    if (draft.choices.percent(25)) return call_helper_by_register(draft);
    if (draft.is_quiet()) return false;
    auto function = held_function(draft);
    if (!function) {
        const auto chosen = callee(draft);
        if (!chosen) return false;
        const unsigned parameters = parameter_count(draft.subprograms[*chosen].signature);
        function = {function_register(draft, parameters), *chosen};
        draft.code.refer(Op::lddw_func, function->first, *chosen);
        draft.wrote(function->first, Value::one_of(Kind::function, 1u << *chosen,
                                                   first_alike(draft.subprograms, *chosen)));
    }
    const auto [number, chosen] = *function;
    if (!load_arguments(draft, draft.subprograms[chosen].signature)) return false;
    draft.code.emit(Op::callx, {.dst = number});
    count_call(draft, draft.subprograms[chosen], 1);
    draft.after_call(Value::scalar());
    return true;
}

/// Stops the program where it is executed, which is hardly ever.
bool call_kernel_function(Draft& draft) {
    const bool executed = draft.choices.percent(2);
    Target over = draft.new_target();
    if (!executed) draft.jump(Op::ja, {}, over);
    draft.code.emit(Op::call_kfunc, {.imm = static_cast<std::int32_t>(draft.choices.below(100))});
    if (executed) return draft.after_call(Value::scalar()), true;
    draft.end_path();
    draft.place(over);
    return true;
}

/// Statements that know of memory which is only there on this path.
void block_with(Draft& draft, AreaId area, std::uint8_t pointer) {
    const RegisterSet pinned = draft.pinned;
    ++draft.nesting;
    if (pointer >= 6 && std::popcount(pinned) <= 3 && draft.choices.percent(50))
        draft.pinned |= only(pointer);
    generate_block(draft, 1 + draft.choices.below(5));
    draft.pinned = pinned;
    --draft.nesting;
    draft.forget(area);
}

/// Leaves for `absent` where r0 is null.
void check_for_null(Draft& draft, Target& absent, const Value& found) {
    constexpr auto tests = std::to_array<std::pair<Op, std::int32_t>>(
        {{Op::jeq64_k, 0}, {Op::jlt64_k, 1}, {Op::jle64_k, 0}});
    draft.state.registers[0] = Value::number(0);
    if (draft.choices.percent(70)) {
        const auto& [op, imm] = draft.choices.of(tests);
        draft.jump(op, {.dst = 0, .imm = imm}, absent);
    } else {
        Target present = draft.new_target();
        draft.jump(Op::jne64_k, {.dst = 0}, present);
        draft.jump(draft.choices.percent(50) ? Op::ja : Op::gotol, {}, absent);
        draft.end_path();
        draft.place(present);
    }
    draft.wrote(0, found);
}

/// Sometimes the value's address moves to where calls keep it.
std::uint8_t keep_pointer(Draft& draft, std::uint8_t pointer) {
    const RegisterSet kept = draft.free() & ~call_registers;
    if (kept == 0 || draft.choices.percent(40)) return pointer;
    const std::uint8_t copy = draft.pick(kept);
    draft.code.emit(Op::mov64_x, {.dst = copy, .src = pointer});
    draft.wrote(copy, draft.value(pointer));
    return copy;
}

/// Loads the packet's bounds and leaves for `too_short` unless it has `bytes`.
/// @return the register with the packet's address; it has no value yet.
std::uint8_t check_packet(Draft& draft, std::int32_t bytes, Target& too_short) {
    const std::uint8_t data = draft.destination();
    const std::uint8_t end = draft.pick(draft.free() & ~only(data));
    const std::uint8_t need = draft.pick(draft.free() & ~only(data) & ~only(end));
    load_context(draft, need);
    const auto field = [&](std::uint16_t offset) { return static_cast<std::int16_t>(offset); };
    draft.code.emit(Op::ldxw, {.dst = data, .src = need, .off = field(draft.setting.data_offset)});
    draft.code.emit(Op::ldxw,
                    {.dst = end, .src = need, .off = field(draft.setting.data_end_offset)});
    draft.code.emit(Op::mov64_x, {.dst = need, .src = data});
    draft.code.emit(Op::add64_k, {.dst = need, .imm = bytes});
    for (const std::uint8_t number : {data, end, need}) draft.wrote(number, {});
    switch (draft.choices.below(3)) {
        case 0: draft.jump(Op::jgt64_x, {.dst = need, .src = end}, too_short); break;
        case 1: draft.jump(Op::jlt64_x, {.dst = end, .src = need}, too_short); break;
        default: {
            Target enough = draft.new_target();
            draft.jump(Op::jle64_x, {.dst = need, .src = end}, enough);
            draft.jump(Op::ja, {}, too_short);
            draft.end_path();
            draft.place(enough);
        }
    }
    return data;
}

}  // namespace

bool generate_call(Draft& draft, const OpInfo& row) {
    if (!draft.calls_allowed()) return false;
    if (row.op == Op::call_helper) return generate_helper_call(draft);
    if (row.op == Op::call_local) {
        const auto chosen = callee(draft);
        return chosen && call_local(draft, *chosen);
    }
    if (row.op == Op::callx) return call_by_register(draft);
    return call_kernel_function(draft);
}

void generate_call_of_last(Draft& draft) {
    if (draft.subprograms.empty()) return;
    const auto last = static_cast<std::uint8_t>(draft.subprograms.size() - 1);
    if (can_call(draft, last)) call_local(draft, last);
}

bool generate_callback(Draft& draft) {
    if (draft.subprograms.empty() || !draft.calls_allowed() || draft.is_quiet()) return false;
    const auto chosen = static_cast<std::uint8_t>(draft.choices.below(draft.subprograms.size()));
    const Body& body = draft.subprograms[chosen];
    if (!body.signature.callback) return false;
    const bool is_loop = body.signature.params[1] == Param::buffer;
    const std::uint32_t calls =
        is_loop ? draft.choices.below(6) : draft.setting.maps[body.signature.map].max_entries;
    if (!fits(draft, body, calls)) return false;
    if (is_loop)
        draft.load_number(1, calls);
    else
        load_map(draft, 1, body.signature.map);
    draft.code.refer(Op::lddw_func, 2, chosen);
    draft.wrote(2, {});
    if (!draft.point_to_bytes(3, buffer_size, true, 8)) return false;
    draft.load_number(4, draft.choices.percent(95) ? 0 : 1);
    const auto* helper = helper_named(is_loop ? "loop" : "for_each_map_elem");
    draft.code.emit(Op::call_helper, {.imm = static_cast<std::int32_t>(helper->id)});
    count_call(draft, body, calls);
    draft.after_call(Value::scalar());
    return true;
}

bool generate_tail_call(Draft& draft) {
    if (!draft.context || !draft.setting.programs || !draft.calls_allowed()) return false;
    const MapSpec& programs = draft.setting.maps[*draft.setting.programs];
    load_context(draft, 1);
    draft.code.emit_wide(Op::lddw_map_fd, 2, *draft.setting.programs, 0);
    draft.wrote(2, {});
    if (draft.choices.percent(50)) {
        draft.load_number(3, draft.choices.below(programs.max_entries + 1));
    } else {
        load_scalar(draft, 3);
        draft.code.emit(Op::and_64_k, {.dst = 3, .imm = 3});
    }
    draft.code.emit(Op::call_helper,
                    {.imm = static_cast<std::int32_t>(helper_named("tail_call")->id)});
    draft.after_call({});
    return true;
}

bool generate_lookup(Draft& draft) {
    if (!draft.calls_allowed() || draft.nesting >= 3 || draft.area_count() > 200) return false;
    const auto map = choose_map(draft, [](const MapSpec& spec) { return is_keyed(spec.type); });
    if (!map) return false;
    const MapSpec& spec = draft.setting.maps[*map];
    const bool of_cpu = spec.type == MapType::percpu_array && draft.choices.percent(20);
    if (of_cpu) {
        draft.load_number(3, draft.choices.below(3));
        draft.code.emit_wide(Op::lddw_map_fd, 1, *map, 0);
        draft.wrote(1, {});
    } else {
        load_map(draft, 1, *map);
    }
    if (!load_key(draft, 2, spec)) return false;
    const auto* helper = helper_named(of_cpu ? "map_lookup_percpu_elem" : "map_lookup_elem");
    draft.code.emit(Op::call_helper, {.imm = static_cast<std::int32_t>(helper->id)});
    draft.after_call({});
    const AreaId area = draft.add_area({.writable = !spec.frozen,
                                        .span = {0, static_cast<std::int32_t>(spec.value_size)},
                                        .alignment = 8});
    Target absent = draft.new_target();
    check_for_null(draft, absent, Value::pointer(area, 0));
    block_with(draft, area, keep_pointer(draft, 0));
    draft.place(absent);
    return true;
}

bool generate_packet_block(Draft& draft) {
    constexpr auto sizes = std::to_array<std::int32_t>({1, 2, 8, 14, 20, 34, 54, 60, 64, 128});
    if (!draft.context || !draft.setting.has_packet || draft.nesting >= 3 ||
        draft.area_count() > 200)
        return false;
    const std::int32_t bytes = draft.choices.of(sizes);
    Target too_short = draft.new_target();
    const std::uint8_t data = check_packet(draft, bytes, too_short);
    const AreaId area = draft.add_area({.kind = Area::Kind::packet,
                                        .writable = draft.setting.packet_writable,
                                        .span = {0, bytes}});
    draft.wrote(data, Value::pointer(area, 0));
    const bool outer = std::exchange(draft.in_packet_block, true);
    block_with(draft, area, data);
    draft.in_packet_block = outer;
    draft.place(too_short);
    return true;
}

void load_context(Draft& draft, std::uint8_t dst) {
    const Value wanted = Value::pointer(*draft.context, 0);
    RegisterSet holders = 0;
    for (unsigned i = 0; i < frame_register; ++i)
        if (draft.value(i) == wanted) holders |= only(i);
    if (holders == 0 || draft.choices.percent(30)) return draft.point_to(dst, *draft.context, 0);
    draft.code.emit(Op::mov64_x, {.dst = dst, .src = draft.pick(holders)});
    draft.wrote(dst, wanted);
}

}  // namespace bpftwin::differential
