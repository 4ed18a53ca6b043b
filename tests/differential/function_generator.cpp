#include "tests/differential/function_generator.h"

#include <bit>

#include "tests/differential/arguments.h"
#include "tests/differential/calls.h"
#include "tests/differential/draft.h"
#include "tests/differential/flow.h"

namespace bpftwin::differential {
namespace {

using Kind = Value::Kind;

/// Which part of the stack a function uses: near its end most often, also all of it or its far end.
std::uint64_t choose_frame(Choices& choices) {
    const std::uint64_t near = (std::uint64_t{2} << choices.below(16)) - 1;
    switch (choices.below(6)) {
        case 0: return near | (choices.bits() & choices.bits() & choices.bits());
        case 1: return near | std::uint64_t{1} << 63;
        case 2: return choices.percent(20) ? ~std::uint64_t{0} : near;
        default: return near;
    }
}

/// Saves the pointer in `number` on the stack, from where it can always be loaded again.
AreaId spill(Draft& draft, std::uint8_t number, Area area) {
    area.source = Area::Source::slot;
    area.slot = draft.reserve_slot().value();
    draft.code.emit(Op::stxdw, {.dst = frame_register, .src = number, .off = area.slot});
    const AreaId id = draft.add_area(area);
    draft.wrote(number, Value::pointer(id, 0));
    return id;
}

void take_context(Draft& draft, std::uint8_t number) {
    draft.context = spill(draft, number, {.kind = Area::Kind::context, .alignment = 8});
    if (draft.choices.percent(50)) return;
    const auto kept = static_cast<std::uint8_t>(draft.choices.between(6, 9));
    draft.code.emit(Op::mov64_x, {.dst = kept, .src = number});
    draft.wrote(kept, draft.value(number));
    if (draft.choices.percent(50)) draft.pinned |= only(kept);
}

/// Memory that is only known by the register that a helper passed.
Value bytes_at(Draft& draft, std::uint32_t size, bool writable, std::uint64_t alignment) {
    return Value::pointer(draft.add_area({.writable = writable,
                                          .span = {0, static_cast<std::int32_t>(size)},
                                          .alignment = alignment}),
                          0);
}

void take_parameter(Draft& draft, std::uint8_t number, Param param) {
    const std::uint8_t map = draft.signature.map;
    switch (param) {
        case Param::none: return;
        case Param::scalar: return draft.wrote(number, Value::scalar());
        case Param::context: return take_context(draft, number);
        case Param::buffer:
            draft.buffer = spill(draft, number, {.span = {0, buffer_size}, .alignment = 8});
            return;
        case Param::map:
            return draft.wrote(
                number, Value::one_of(Kind::map, 1u << map, first_alike(draft.setting, map)));
        case Param::map_key:
            return draft.wrote(number, bytes_at(draft, draft.setting.maps[map].key_size, false, 1));
        case Param::map_value:
            return draft.wrote(number,
                               bytes_at(draft, draft.setting.maps[map].value_size, true, 8));
    }
}

/// Writes the first scalars to registers and stack.
void initialise(Draft& draft) {
    for (unsigned i = draft.choices.below(8); i > 0; --i) draft.load_edge(draft.destination());
    draft.top_up();
    for (unsigned i = 1 + draft.choices.below(6); i > 0; --i) {
        const std::int16_t slot = draft.general_slot();
        if (draft.choices.percent(50))
            draft.code.emit(Op::stdw,
                            {.dst = frame_register, .off = slot, .imm = draft.choices.edge32()});
        else
            draft.code.emit(Op::stxdw, {.dst = frame_register, .src = draft.scalar(), .off = slot});
        draft.stored({frame_register, slot}, 8);
    }
}

/// Counts in a map and jumps to the first instruction, three times out of four.
void return_to_start(Draft& draft) {
    constexpr std::uint8_t pointer = 2;
    constexpr std::uint8_t count = 3;
    const Emitter::Label start = draft.code.new_label();
    draft.code.place_at(start, 0);
    draft.code.emit_wide(Op::lddw_map_value, pointer, *draft.setting.rounds, 0);
    draft.code.emit(Op::ldxdw, {.dst = count, .src = pointer});
    draft.code.emit(Op::add64_k, {.dst = count, .imm = 1});
    draft.code.emit(Op::stxdw, {.dst = pointer, .src = count});
    draft.code.emit(Op::and_64_k, {.dst = count, .imm = 3});
    draft.wrote(pointer, {});
    draft.wrote(count, Value::scalar());
    load_context(draft, 1);
    if (draft.choices.percent(50)) {
        draft.code.jump(Op::jne64_k, {.dst = count, .imm = 0}, start);
        return;
    }
    Target on = draft.new_target();
    draft.jump(Op::jeq64_k, {.dst = count, .imm = 0}, on);
    draft.code.jump(draft.choices.percent(50) ? Op::ja : Op::gotol, {}, start);
    draft.end_path();
    draft.place(on);
}

Body finished(Draft& draft) {
    generate_exit(draft);
    Body body{.signature = draft.signature, .depth = draft.depth};
    draft.code.finish(body);
    return body;
}

}  // namespace

Body generate_subprogram(Choices& choices, const Setting& setting,
                         std::span<const Body> subprograms, const Signature& signature,
                         bool chained, unsigned statements) {
    Draft draft(choices, setting, subprograms);
    draft.signature = signature;
    draft.frame_slots = choose_frame(choices);
    for (std::uint8_t i = 1; i <= signature.params.size(); ++i)
        take_parameter(draft, i, signature.params[i - 1u]);
    initialise(draft);
    if (chained) generate_call_of_last(draft);
    generate_block(draft, statements);
    return finished(draft);
}

Body generate_entry(Choices& choices, const Setting& setting, std::span<const Body> subprograms,
                    bool tail_called, bool chained, unsigned statements) {
    Draft draft(choices, setting, subprograms);
    draft.is_program = true;
    draft.frame_slots = choose_frame(choices);
    const bool returns = setting.rounds && choices.percent(40);
    if (returns) draft.code.set_weight(4);
    if (!tail_called && !returns) draft.wrote(2, Value::scalar());
    take_context(draft, 1);
    initialise(draft);
    if (chained) generate_call_of_last(draft);
    generate_block(draft, statements);
    if (returns) return_to_start(draft);
    return finished(draft);
}

}  // namespace bpftwin::differential
