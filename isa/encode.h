// From rows of the table to instruction slots: the inverse of isa/decode.h (RFC 9669 section 3).
#pragma once

#include <array>
#include <cstdint>
#include <limits>
#include <optional>

#include "bpftwin/insn.h"
#include "isa/op.h"

namespace bpftwin {

/// Values of an instruction's operand fields; those a row does not use stay 0.
struct Operands {
    std::uint8_t dst = 0;
    std::uint8_t src = 0;
    std::int16_t off = 0;
    std::int32_t imm = 0;
};

/// The instruction of row `op` with these operands, its discriminator filled in:
/// `insn(Op::add64_k, {.dst = 1, .imm = 3})`. Of an `lddw` this is the first slot.
constexpr Insn insn(Op op, Operands operands = {}) {
    const OpInfo& row = info(op);
    Insn result{row.code, static_cast<std::uint8_t>(operands.dst & 0xf),
                static_cast<std::uint8_t>(operands.src & 0xf), operands.off, operands.imm};
    if (row.discriminator == src_field)
        result.src = static_cast<std::uint8_t>(row.discriminator_value & 0xf);
    if (row.discriminator == off_field)
        result.off = static_cast<std::int16_t>(row.discriminator_value);
    if (row.discriminator == imm_field) result.imm = row.discriminator_value;
    return result;
}

/// The second slot of an `lddw`.
constexpr Insn second_slot(std::int32_t imm) { return {0, 0, 0, 0, imm}; }

/// Both slots of the `lddw` that loads `value`.
constexpr std::array<Insn, 2> lddw_slots(std::uint8_t dst, std::uint64_t value) {
    return {insn(Op::lddw, {.dst = dst, .imm = static_cast<std::int32_t>(value)}),
            second_slot(static_cast<std::int32_t>(value >> 32))};
}

/// Makes `at`, an instruction of row `op` that has a target, point `displacement` instructions
/// behind the next one.
/// @return false, and `at` unchanged, if the displacement does not fit its field.
constexpr bool aim(Insn& at, Op op, std::int64_t displacement) {
    auto fits = [&]<class T>(T& field) {
        if (displacement < std::numeric_limits<T>::min() ||
            displacement > std::numeric_limits<T>::max())
            return false;
        field = static_cast<T>(displacement);
        return true;
    };
    return target_field(op) == off_field ? fits(at.off) : fits(at.imm);
}

}  // namespace bpftwin
