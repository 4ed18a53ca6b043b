// Instructions of every row with edge values in every operand field.
#pragma once

#include <cstdint>
#include <limits>
#include <vector>

#include "isa/encode.h"

namespace bpftwin {

/// Slots of one instruction.
using Slots = std::vector<Insn>;

template <class T>
std::vector<T> edge_values(bool used) {
    if (!used) return {0};
    return {0, 1, -1, 8, std::numeric_limits<T>::min(), std::numeric_limits<T>::max()};
}

inline std::vector<std::uint8_t> edge_registers(bool used) {
    if (!used) return {0};
    return {0, 1, 9, 10};
}

inline std::vector<std::int32_t> imm_values(const OpInfo& row) {
    if (row.op == Op::addr_space_cast) return {1, 1 << 16};
    return edge_values<std::int32_t>(has(row.operands, imm_field));
}

/// Whether the row's second slot carries a value.
inline bool has_second_value(Op op) {
    return info(op).syntax.contains("$q") || info(op).syntax.contains("$v") ||
           info(op).syntax.contains("$b");
}

/// Every combination of edge values of the row's operands.
inline std::vector<Slots> samples_of(const OpInfo& row) {
    std::vector<Slots> samples;
    for (auto dst : edge_registers(has(row.operands, dst_field)))
        for (auto src : edge_registers(has(row.operands, src_field)))
            for (auto off : edge_values<std::int16_t>(has(row.operands, off_field)))
                for (auto imm : imm_values(row)) {
                    Slots one{insn(row.op, {dst, src, off, imm})};
                    if (slots(row.op) == 1)
                        samples.push_back(one);
                    else
                        for (auto second : edge_values<std::int32_t>(has_second_value(row.op)))
                            samples.push_back({one.front(), second_slot(second)});
                }
    return samples;
}

}  // namespace bpftwin
