// What the verifier claims of a program's values, in a form that can be held against a run.
#pragma once

#include <cstdint>
#include <functional>
#include <limits>
#include <map>
#include <memory>
#include <string>
#include <vector>

namespace bpftwin {

/// A set of 64-bit numbers: those that have the known bits and are within all bounds.
struct NumberClaim {
    std::uint64_t value = 0;                                         ///< The bits that are known,
    std::uint64_t mask = std::numeric_limits<std::uint64_t>::max();  ///< and those that are not.
    std::int64_t smin = std::numeric_limits<std::int64_t>::min();
    std::int64_t smax = std::numeric_limits<std::int64_t>::max();
    std::uint64_t umin = 0;
    std::uint64_t umax = std::numeric_limits<std::uint64_t>::max();
    std::int32_t s32_min = std::numeric_limits<std::int32_t>::min();
    std::int32_t s32_max = std::numeric_limits<std::int32_t>::max();
    std::uint32_t u32_min = 0;
    std::uint32_t u32_max = std::numeric_limits<std::uint32_t>::max();

    friend bool operator==(const NumberClaim&, const NumberClaim&) = default;
    static NumberClaim constant(std::uint64_t number);
    [[nodiscard]] bool contains(std::uint64_t number) const;
    /// Whether every member of `other` is certainly one of this.
    [[nodiscard]] bool covers(const NumberClaim& other) const;
    /// The least set of this form that holds both.
    void join(const NumberClaim& other);
    /// "[0, 15]", "7".
    [[nodiscard]] std::string text() const;
};

/// What one register or stack slot holds.
struct ValueClaim {
    enum class Kind : std::uint8_t {
        number,
        context,
        stack,
        map,
        map_value,
        packet,
        packet_meta,
        packet_end,
        memory,
    };
    Kind kind = Kind::number;
    bool may_be_null = false;
    std::uint8_t frame = 0;  ///< stack: of the function how many calls up.
    std::int32_t map = -1;   ///< map and map_value: index of the map; -1: an inner map.
    std::int32_t off = 0;    ///< Pointers: a fixed distance from the beginning, besides `number`.
    std::int32_t readable = 0;  ///< packet: bytes behind `number` that are there; memory: its size.
    NumberClaim number;         ///< The number, or a pointer's distance from the beginning.

    [[nodiscard]] bool covers(const ValueClaim& other) const;
    /// @return false where one claim cannot say both.
    bool join(const ValueClaim& other);
    /// "a number in [0, 15]", "a pointer to the stack, offset -8".
    [[nodiscard]] std::string text() const;
};

/// A register, or a slot of the running function's stack, and what it holds.
struct PlaceClaim {
    bool is_slot = false;
    std::uint8_t index = 0;  ///< Slot i: the bytes from -8*(i+1) of the frame pointer.
    std::uint8_t bytes = 8;  ///< Of a slot, from its lowest address.
    ValueClaim value;

    /// "r3", "fp-16".
    [[nodiscard]] std::string name() const;
};

/// What holds at once before an instruction; places that it does not name may hold anything.
using StateClaim = std::vector<PlaceClaim>;

/// What the verifier claims of a program that it accepted.
struct Claims {
    /// By instruction: one of the states holds whenever it is reached; it is never reached where
    /// there are none.
    std::vector<std::vector<StateClaim>> by_insn;
    /// False: there were too many, and none is here.
    bool complete = true;

    /// Adds a state, and keeps the list short: what one of its states covers is not kept, and
    /// beyond some number states become one.
    void add(std::uint32_t insn, StateClaim state);
};

/// Claims by name of the program.
using ProgramClaims = std::map<std::string, std::shared_ptr<const Claims>, std::less<>>;

}  // namespace bpftwin
