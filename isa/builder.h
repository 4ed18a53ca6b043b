// Programs written in C++: one function per family row of the table, and labels.
//
//   auto program = build::program({
//       mov(r0, 0),
//       jeq(r1, 0, "out"),
//       ldxw(r0, r1, 4),
//       build::label("out"),
//       build::exit(),
//   });
#pragma once

#include <cstdint>
#include <initializer_list>
#include <string>
#include <string_view>
#include <vector>

#include "bpftwin/insn.h"
#include "isa/encode.h"

namespace bpftwin::build {

enum class Reg : std::uint8_t { r0, r1, r2, r3, r4, r5, r6, r7, r8, r9, r10 };
using enum Reg;

constexpr std::uint8_t number(Reg reg) { return static_cast<std::uint8_t>(reg); }

/// One entry of a program: an instruction of one or two slots, perhaps with a label as its target,
/// or a label's definition.
struct Item {
    constexpr Item(const Insn& one) : slots{one, {}}, count(1) {}
    constexpr Item(const std::array<Insn, 2>& two) : slots(two), count(2) {}
    Item(Op op, const Insn& one, std::string_view target)
        : slots{one, {}}, count(1), aimed(op), label(target) {}
    explicit Item(std::string_view definition) : label(definition) {}

    std::array<Insn, 2> slots{};
    unsigned count = 0;  ///< Slots used; 0: the definition of `label`.
    Op aimed = Op::exit;
    std::string label;  ///< With slots: where they point, or empty.
};

/// Defines a label here.
inline Item label(std::string_view name) { return Item(name); }

/// The slots of a program, labels resolved. A label that is missing, defined twice or too far away
/// is a bug of the caller.
std::vector<Insn> program(std::initializer_list<Item> items);
std::vector<Insn> program(const std::vector<Item>& items);

// One function per row family, named after the row; 32-bit rows have the suffix 32.
#define ALU_WIDTH(name, bits, suffix)                                              \
    constexpr Insn name##suffix(Reg dst, std::int32_t imm) {                       \
        return insn(Op::name##bits##_k, {.dst = number(dst), .imm = imm});         \
    }                                                                              \
    constexpr Insn name##suffix(Reg dst, Reg src) {                                \
        return insn(Op::name##bits##_x, {.dst = number(dst), .src = number(src)}); \
    }
#define ALU(name, ...) ALU_WIDTH(name, 64, ) ALU_WIDTH(name, 32, 32)
#define NEG(name, ...)                                                                \
    constexpr Insn name(Reg dst) { return insn(Op::name##64, {.dst = number(dst)}); } \
    constexpr Insn name##32(Reg dst) { return insn(Op::name##32, {.dst = number(dst)}); }
#define MOVSX(from, width, ...)                                                           \
    constexpr Insn movsx##from##_##width(Reg dst, Reg src) {                              \
        return insn(Op::movsx##from##_##width, {.dst = number(dst), .src = number(src)}); \
    }
#define CAST(name, ...)                                                                        \
    constexpr Insn name(Reg dst, Reg src, unsigned to, unsigned from) {                        \
        return insn(Op::name, {.dst = number(dst),                                             \
                               .src = number(src),                                             \
                               .imm = static_cast<std::int32_t>(to << 16 | (from & 0xffff))}); \
    }
#define END(name, code, bits, ...) \
    constexpr Insn name##bits(Reg dst) { return insn(Op::name##bits, {.dst = number(dst)}); }
#define JMP_WIDTH(name, bits, suffix)                                                          \
    constexpr Insn name##suffix(Reg dst, std::int32_t imm, std::int16_t off) {                 \
        return insn(Op::name##bits##_k, {.dst = number(dst), .off = off, .imm = imm});         \
    }                                                                                          \
    constexpr Insn name##suffix(Reg dst, Reg src, std::int16_t off) {                          \
        return insn(Op::name##bits##_x, {.dst = number(dst), .src = number(src), .off = off}); \
    }                                                                                          \
    inline Item name##suffix(Reg dst, std::int32_t imm, std::string_view target) {             \
        return {Op::name##bits##_k, name##suffix(dst, imm, 0), target};                        \
    }                                                                                          \
    inline Item name##suffix(Reg dst, Reg src, std::string_view target) {                      \
        return {Op::name##bits##_x, name##suffix(dst, src, 0), target};                        \
    }
#define JMP(name, ...) JMP_WIDTH(name, 64, ) JMP_WIDTH(name, 32, 32)
#define JA(name, ...)                                \
    constexpr Insn name(std::int32_t displacement) { \
        Insn jump = insn(Op::name);                  \
        aim(jump, Op::name, displacement);           \
        return jump;                                 \
    }                                                \
    inline Item name(std::string_view target) { return {Op::name, insn(Op::name), target}; }
#define EXIT(name, ...) \
    constexpr Insn name() { return insn(Op::name); }
#define LDX(name, ...)                                                               \
    constexpr Insn name(Reg dst, Reg src, std::int16_t off) {                        \
        return insn(Op::name, {.dst = number(dst), .src = number(src), .off = off}); \
    }
#define LDXSX(name, ...) LDX(name)
#define LOAD_ACQUIRE(name, ...) LDX(name)
#define ST(name, ...)                                                        \
    constexpr Insn name(Reg dst, std::int16_t off, std::int32_t imm) {       \
        return insn(Op::name, {.dst = number(dst), .off = off, .imm = imm}); \
    }
#define STX(name, ...)                                                               \
    constexpr Insn name(Reg dst, std::int16_t off, Reg src) {                        \
        return insn(Op::name, {.dst = number(dst), .src = number(src), .off = off}); \
    }
#define STORE_RELEASE(name, ...) STX(name)
#define ATOMIC(name, ...) STX(name##32) STX(name##64)
#define LD_ABS(name, ...) \
    constexpr Insn name(std::int32_t imm) { return insn(Op::name, {.imm = imm}); }
#define LD_IND(name, ...)                                        \
    constexpr Insn name(Reg src, std::int32_t imm) {             \
        return insn(Op::name, {.src = number(src), .imm = imm}); \
    }
#include "isa/insns.def"
#undef ALU_WIDTH
#undef JMP_WIDTH

constexpr Insn call(std::int32_t helper) { return insn(Op::call_helper, {.imm = helper}); }
constexpr Insn call_kfunc(std::int32_t type_id, std::int16_t btf_index = 0) {
    return insn(Op::call_kfunc, {.off = btf_index, .imm = type_id});
}
constexpr Insn callx(Reg function) { return insn(Op::callx, {.dst = number(function)}); }
/// Call of the function of the program that begins at the label.
inline Item call_local(std::string_view target) {
    return {Op::call_local, insn(Op::call_local), target};
}

constexpr std::array<Insn, 2> lddw(Reg dst, std::uint64_t value) {
    return lddw_slots(number(dst), value);
}
constexpr std::array<Insn, 2> lddw_map(Reg dst, std::int32_t map) {
    return {insn(Op::lddw_map_fd, {.dst = number(dst), .imm = map}), second_slot(0)};
}
constexpr std::array<Insn, 2> lddw_map_value(Reg dst, std::int32_t map, std::uint32_t offset) {
    return {insn(Op::lddw_map_value, {.dst = number(dst), .imm = map}),
            second_slot(static_cast<std::int32_t>(offset))};
}

}  // namespace bpftwin::build
