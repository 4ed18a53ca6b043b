// A function while it is generated: the code so far, what is known at its end, and the choice of
// operands that keep every program well defined. The rules in rules.h, flow.h and calls.h write
// instructions through it.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <vector>

#include "tests/differential/choices.h"
#include "tests/differential/emitter.h"
#include "tests/differential/setting.h"
#include "tests/differential/state.h"

namespace bpftwin::differential {

/// A set of registers: bit n is rn.
using RegisterSet = std::uint16_t;
inline constexpr RegisterSet general_registers = 0x3ff;  ///< r0 to r9.
inline constexpr RegisterSet call_registers = 0x3f;      ///< Lost in calls: r0 to r5.
inline constexpr std::uint8_t frame_register = 10;

constexpr RegisterSet only(unsigned number) { return static_cast<RegisterSet>(1u << number); }
constexpr bool contains(RegisterSet set, unsigned number) { return (set >> number & 1) != 0; }

/// Memory that pointers of the function point into.
struct Area {
    enum class Kind : std::uint8_t { stack, context, packet, bytes } kind = Kind::bytes;
    /// How its address is found again; `nowhere`: only from a register that has it.
    enum class Source : std::uint8_t { frame, map_value, slot, nowhere } source = Source::nowhere;
    bool writable = true;
    bool alive = true;            ///< False: the program has left the block that knows it.
    std::uint8_t map = 0;         ///< Source::map_value
    std::int16_t slot = 0;        ///< Source::slot: where the pointer was spilled, from r10.
    Span span;                    ///< Bytes that may be accessed.
    std::uint64_t alignment = 1;  ///< Of offset 0.
};

/// How an instruction will access memory.
struct Access {
    std::uint32_t bytes;
    bool read = true;
    bool write = false;
    bool aligned = false;
};

/// A memory operand.
struct Place {
    std::uint8_t base;
    std::int16_t off;
};

/// A point further down and what is known there.
struct Target {
    Emitter::Label label;
    State state;
    bool reached = false;  ///< Whether `state` is set.
};

class Draft {
public:
    Draft(Choices& source, const Setting& where, std::span<const Body> callable);

    Choices& choices;
    const Setting& setting;
    std::span<const Body> subprograms;  ///< Those that may be called.
    Emitter code;
    State state;

    /// Registers that keep their value for now.
    RegisterSet pinned = 0;
    /// Stack slots that are not for general use: spilled pointers, loop counters.
    std::uint64_t reserved_slots = 0;
    /// Slots that the function uses at all.
    std::uint64_t frame_slots = 0;
    std::optional<AreaId> context;  ///< If the function has it.
    std::optional<AreaId> buffer;   ///< A parameter of that kind.
    Signature signature;
    bool is_program = false;
    bool in_packet_block = false;
    unsigned nesting = 0;
    unsigned depth = 1;
    struct Pending {
        Target target;
        unsigned statements;  ///< Until it is placed.
    };
    std::vector<Pending> pending;

    // --- Registers.

    [[nodiscard]] RegisterSet all_of(Value::Kind kind) const;
    [[nodiscard]] RegisterSet free() const { return general_registers & ~pinned; }
    [[nodiscard]] const Value& value(unsigned number) const { return state.registers[number]; }
    /// One of a set that is not empty.
    std::uint8_t pick(RegisterSet set);
    /// A register with a scalar; the one written last more often than others.
    std::uint8_t scalar();
    /// The same, for an instruction that changes it.
    std::uint8_t changeable_scalar();
    /// A register to be overwritten.
    std::uint8_t destination() { return pick(free()); }
    /// Notes that an instruction has written a register.
    void wrote(unsigned number, const Value& value);
    /// Makes `number` a scalar if it is none. @return false if it is pinned.
    bool need_scalar(std::uint8_t number);
    /// Loads a number into a register, by one of the ways to do that.
    void load_number(std::uint8_t dst, std::uint64_t number);
    void load_edge(std::uint8_t dst) { load_number(dst, choices.edge64()); }
    /// Sees to it that a few scalars can be used and changed.
    void top_up();
    /// What a call leaves: r1 to r5 unknown, r0 as given.
    void after_call(const Value& result);
    /// Whether the function is called for elements of a map, which must not change meanwhile.
    [[nodiscard]] bool is_quiet() const { return signature.params[1] == Param::map_key; }
    [[nodiscard]] bool calls_allowed() const { return (pinned & call_registers) == 0; }

    // --- Memory.

    AreaId add_area(const Area& area);
    [[nodiscard]] const Area& area(AreaId id) const { return areas_[id]; }
    [[nodiscard]] std::size_t area_count() const { return areas_.size(); }
    /// Forgets an area when the block that knows it ends.
    void forget(AreaId id);
    /// A memory operand for this access.
    std::optional<Place> place_for(const Access& access);
    /// Notes that an instruction has written memory.
    void stored(const Place& place, unsigned bytes);
    /// The area that r10 points to the end of.
    [[nodiscard]] static constexpr AreaId stack_area() { return 0; }
    /// Makes `dst` point to an offset of an area whose source is known.
    void point_to(std::uint8_t dst, AreaId id, std::int64_t offset);
    /// Adds a constant to a pointer, by one of the ways to do that.
    void advance(std::uint8_t dst, std::int64_t bytes);
    /// Makes `dst` point to readable memory (`write`: also writable) of this size; false if there
    /// is none.
    bool point_to_bytes(std::uint8_t dst, std::uint32_t bytes, bool write,
                        std::uint32_t alignment = 1);
    /// A stack slot for general use. There always is one.
    std::int16_t general_slot();
    /// A slot without scalars, reserved from now on; none if all are in use.
    std::optional<std::int16_t> reserve_slot();
    void release_slot(std::int16_t offset);
    /// Area of the direct values of a map.
    AreaId values_of(std::uint8_t map);

    // --- Control flow.

    Target new_target() { return {.label = code.new_label(), .state = {}}; }
    /// A jump to a target that is not placed yet.
    void jump(Op op, Operands operands, Target& target);
    void place(Target& target);
    /// Says that what follows is not reached from here.
    void end_path() { reachable_ = false; }
    /// A label here, to which a jump further down will come back.
    Emitter::Label begin_loop();
    /// Makes the present state at least as known as `wanted`, for a jump back to where that holds.
    void restore(const State& wanted);
    /// Drops or pins what `restore` could not bring back, before a loop begins.
    void settle_for_loop();

private:
    std::optional<std::int16_t> offset_within(const Value& pointer, const Access& access);
    std::optional<Span> piece(const Area& area, const Access& access);
    std::optional<Span> stack_piece(bool initialised);
    void load_value(std::uint8_t dst, const Value& wanted);

    std::vector<Area> areas_;
    bool reachable_ = true;
    std::uint8_t last_ = 0;  ///< The register written last.
};

/// Offset of stack slot `slot` from r10.
constexpr std::int16_t slot_offset(unsigned slot) {
    return static_cast<std::int16_t>(-8 * (static_cast<int>(slot) + 1));
}
constexpr unsigned slot_at(std::int64_t offset) { return static_cast<unsigned>(-offset / 8 - 1); }

}  // namespace bpftwin::differential
