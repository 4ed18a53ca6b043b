// What the generator knows about registers and stack at a point of a program: as much as is needed
// to read only what was written, to keep addresses out of results, and to stay inside of memory.
#pragma once

#include <array>
#include <bit>
#include <cstdint>
#include <limits>

#include "bpftwin/insn.h"

namespace bpftwin::differential {

/// Number of a memory area of the function; see function_generator.h.
using AreaId = std::uint8_t;

/// What a register may be used for.
struct Value {
    enum class Kind : std::uint8_t {
        unknown,   ///< Nothing: not written on every path, or different things.
        scalar,    ///< A number that is the same on every engine.
        pointer,   ///< `low` to `high` bytes from the beginning of `area`.
        map,       ///< One of the maps in `set`.
        function,  ///< One of the subprograms in `set`.
    };
    Kind kind = Kind::unknown;
    /// Of a pointer; of maps and functions what those in `set` have in common: the first map of
    /// the same shape, the first subprogram of the same signature.
    AreaId area = 0;
    /// A scalar is a multiple of this; a pointer is `low` plus a multiple of it. A power of two.
    std::uint64_t step = 1;
    std::int64_t low = 0;
    std::int64_t high = 0;
    std::uint64_t most = std::numeric_limits<std::uint64_t>::max();  ///< Largest scalar possible.
    std::uint32_t set = 0;  ///< Bit n: map or subprogram n.

    static Value scalar(std::uint64_t most = std::numeric_limits<std::uint64_t>::max(),
                        std::uint64_t step = 1) {
        return {.kind = Kind::scalar, .step = step, .most = most};
    }
    static Value number(std::uint64_t value) {
        // No address arithmetic with it needs more than a page.
        const std::uint64_t step = value == 0 ? 4096 : value & (0 - value);
        return scalar(value, step);
    }
    static Value pointer(AreaId area, std::int64_t offset) {
        return {.kind = Kind::pointer, .area = area, .step = 4096, .low = offset, .high = offset};
    }
    static Value one_of(Kind kind, std::uint32_t set, AreaId shape) {
        return {.kind = kind, .area = shape, .set = set};
    }

    [[nodiscard]] bool is(Kind wanted) const { return kind == wanted; }
    /// Whether a pointer is at the same place on every path.
    [[nodiscard]] bool exact() const { return low == high; }

    friend bool operator==(const Value&, const Value&) = default;
};

/// What is known where two paths meet.
Value join(const Value& a, const Value& b);

/// Registers, and the stack in slots of 8 bytes: bit n is the slot at r10 - 8 * (n + 1).
struct State {
    std::array<Value, register_count> registers;
    std::uint64_t stack = 0;  ///< Slots that hold a scalar.

    friend bool operator==(const State&, const State&) = default;
};

State join(const State& a, const State& b);

}  // namespace bpftwin::differential
