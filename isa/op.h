// One enumerator and one description per encoding, derived from isa/insns.def.
// Mirrors RFC 9669 sections 3 to 5; `kernel` rows mirror kernel/bpf/verifier.c.
#pragma once

#include <array>
#include <cstdint>
#include <string_view>

namespace bpftwin {

/// One enumerator per distinct encoding: "add64_k" is `add`, 64-bit, immediate operand.
enum class Op : std::uint8_t {
#define ALU(name, ...) name##32_k, name##32_x, name##64_k, name##64_x,
#define NEG(name, ...) name##32, name##64,
#define MOVSX(from, width, ...) movsx##from##_##width,
#define CAST(name, ...) name,
#define END(name, code, bits, ...) name##bits,
#define JMP(name, ...) name##64_k, name##64_x, name##32_k, name##32_x,
#define JA(name, ...) name,
#define CALL(name, ...) name,
#define EXIT(name, ...) name,
#define LDX(name, ...) name,
#define LDXSX(name, ...) name,
#define ST(name, ...) name,
#define STX(name, ...) name,
#define ATOMIC(name, ...) name##32, name##64,
#define LOAD_ACQUIRE(name, ...) name,
#define STORE_RELEASE(name, ...) name,
#define LD_ABS(name, ...) name,
#define LD_IND(name, ...) name,
#define LDDW(name, ...) name,
#include "isa/insns.def"
};

/// The families of isa/insns.def: instructions of one family share operands and syntax.
enum class Family : std::uint8_t {
    alu,
    neg,
    movsx,
    cast,
    end,
    jmp,
    ja,
    call,
    exit,
    ldx,
    ldxsx,
    st,
    stx,
    atomic,
    load_acquire,
    store_release,
    ld_abs,
    ld_ind,
    lddw,
};

/// The `-mcpu` version of LLVM that brought the instruction; `kernel`: Linux has it, RFC 9669 not.
enum class IsaVersion : std::uint8_t { v1 = 1, v2, v3, v4, kernel };

/// RFC 9669 section 2.4; `callx` only stood in its drafts, `kernel` is what Linux adds.
enum class ConformanceGroup : std::uint8_t {
    base32,
    base64,
    atomic32,
    atomic64,
    divmul32,
    divmul64,
    packet,
    callx,
    kernel,
};

/// Fields of an instruction slot, as a set.
enum Fields : std::uint8_t {
    no_field = 0,
    dst_field = 1,
    src_field = 2,
    off_field = 4,
    imm_field = 8
};
constexpr Fields operator|(Fields a, Fields b) {
    return static_cast<Fields>(static_cast<unsigned>(a) | static_cast<unsigned>(b));
}

/// Everything about an encoding that is not its meaning.
struct OpInfo {
    Op op;
    std::string_view name;    ///< The enumerator's name.
    std::string_view symbol;  ///< Operator, access type or name as the kernel writes it.
    /// Text of the instruction as the verifier's log has it; see isa/syntax.h for its slots.
    std::string_view syntax;
    Family family;
    std::uint8_t code;  ///< First byte.
    std::uint8_t bits;  ///< Operand, access or swap width; 64 for jumps, calls and exit.
    /// Fields that hold operands. All others are zero, but for the discriminator.
    Fields operands;
    /// At most one field tells encodings of the same code apart (`no_field`: none).
    Fields discriminator;
    std::int32_t discriminator_value;
    IsaVersion version;
    ConformanceGroup group;
};

namespace detail {

constexpr ConformanceGroup base(unsigned bits) {
    return bits == 64 ? ConformanceGroup::base64 : ConformanceGroup::base32;
}

constexpr ConformanceGroup alu_group(unsigned code, unsigned bits) {
    bool divmul = code == 0x20 || code == 0x30 || code == 0x90;
    if (!divmul) return base(bits);
    return bits == 64 ? ConformanceGroup::divmul64 : ConformanceGroup::divmul32;
}

/// Width of the type named "u8" to "s64".
constexpr std::uint8_t bits_of(std::string_view type) {
    if (type.ends_with("64")) return 64;
    if (type.ends_with("32")) return 32;
    return type.ends_with("16") ? 16 : 8;
}

constexpr std::string_view call_syntax(unsigned code, unsigned src) {
    if (code == 0x8d) return "callx $d";
    constexpr std::array<std::string_view, 3> by_src{"call $f", "call $l", "call $k"};
    return by_src[src];
}

/// By `src`. The kernel prints all kinds as an address, which cannot be read back.
inline constexpr std::array<std::string_view, 7> lddw_syntax{
    "$d = $q",          "$d = map[fd:$m]",  "$d = map[fd:$m][0]$v",  "$d = btf_id $b",
    "$d = subprog[$l]", "$d = map[idx:$m]", "$d = map[idx:$m][0]$v",
};

}  // namespace detail

// How the pieces of `OpInfo::syntax` depend on the width of a row.
#define BPFTWIN_DST_32 "$D"
#define BPFTWIN_DST_64 "$d"
#define BPFTWIN_SRC_32 "$S"
#define BPFTWIN_SRC_64 "$s"
#define BPFTWIN_ATOMIC_32 "atomic_"
#define BPFTWIN_ATOMIC_64 "atomic64_"

/// All encodings, indexed by `Op`.
// clang-format off
inline constexpr auto op_table = std::to_array<OpInfo>({
#define ROW(id, symbol, syntax, family, code, bits, operands, discriminator, value, version, group) \
    {Op::id, #id, symbol, syntax, Family::family, code, bits, operands, discriminator, value,       \
     IsaVersion::version, group},

#define ALU_ROWS(name, code, off, symbol, version, bits, class_bits)                              \
    ROW(name##bits##_k, symbol, BPFTWIN_DST_##bits " " symbol " $i", alu, (code) | (class_bits),  \
        bits, dst_field | imm_field, off_field, off, version,                                     \
        detail::alu_group(code, bits))                                                            \
    ROW(name##bits##_x, symbol, BPFTWIN_DST_##bits " " symbol " " BPFTWIN_SRC_##bits, alu,        \
        (code) | (class_bits) | 0x08, bits, dst_field | src_field, off_field, off, version,       \
        detail::alu_group(code, bits))
#define ALU(name, code, off, symbol, version)              \
    ALU_ROWS(name, code, off, symbol, version, 32, 0x04)   \
    ALU_ROWS(name, code, off, symbol, version, 64, 0x07)

#define NEG_ROW(name, code, version, bits)                                                        \
    ROW(name##bits, "-", BPFTWIN_DST_##bits " = -" BPFTWIN_DST_##bits, neg, code, bits,           \
        dst_field, no_field, 0, version, detail::base(bits))
#define NEG(name, code, version)                \
    NEG_ROW(name, (code) | 0x04, version, 32)   \
    NEG_ROW(name, (code) | 0x07, version, 64)

#define MOVSX(from, width, version)                                                               \
    ROW(movsx##from##_##width, "s" #from,                                                         \
        BPFTWIN_DST_##width " = (s" #from ")" BPFTWIN_SRC_##width, movsx,                         \
        (width) == 64 ? 0xbf : 0xbc, width, dst_field | src_field, off_field, from, version,      \
        detail::base(width))

#define CAST(name, off, version)                                                                  \
    ROW(name, #name, "$d = " #name "($s, $a)", cast, 0xbf, 64, dst_field | src_field | imm_field, \
        off_field, off, version, ConformanceGroup::kernel)

#define END(name, code, bits, version)                                                            \
    ROW(name##bits, #name #bits, "$d = " #name #bits " $d", end, code, bits, dst_field,           \
        imm_field, bits, version, detail::base(bits))

#define JMP_ROWS(name, code, symbol, version, bits, class_bits)                                   \
    ROW(name##bits##_k, symbol, "if " BPFTWIN_DST_##bits " " symbol " $x goto $j", jmp,           \
        (code) | (class_bits), bits, dst_field | imm_field | off_field, no_field, 0, version,     \
        detail::base(bits))                                                                       \
    ROW(name##bits##_x, symbol,                                                                   \
        "if " BPFTWIN_DST_##bits " " symbol " " BPFTWIN_SRC_##bits " goto $j", jmp,               \
        (code) | (class_bits) | 0x08, bits, dst_field | src_field | off_field, no_field, 0,       \
        version, detail::base(bits))
#define JMP(name, code, symbol, version)                 \
    JMP_ROWS(name, code, symbol, version, 64, 0x05)      \
    JMP_ROWS(name, code, symbol, v3, 32, 0x06)

#define JA(name, code, version)                                                                   \
    ROW(name, (code) == 0x05 ? "goto" : #name,                                                    \
        (code) == 0x05 ? "goto $j" : (code) == 0x06 ? "gotol $l" : #name " $j", ja, code, 64,     \
        (code) == 0x06 ? imm_field : off_field, no_field, 0, version,                             \
        (code) == 0xe5 ? ConformanceGroup::kernel : ConformanceGroup::base32)

#define CALL(name, code, src, version)                                                            \
    ROW(name, (code) == 0x8d ? "callx" : "call", detail::call_syntax(code, src), call, code, 64,  \
        (code) == 0x8d ? dst_field : (src) == 2 ? imm_field | off_field : imm_field,              \
        (code) == 0x8d ? no_field : src_field, src, version,                                      \
        (code) == 0x8d ? ConformanceGroup::callx : ConformanceGroup::base32)

#define EXIT(name, code, version)                                                                 \
    ROW(name, "exit", "exit", exit, code, 64, no_field, no_field, 0, version,                     \
        ConformanceGroup::base32)

#define ACCESS_ROW(id, family, code, type, syntax, operands, discriminator, value, version, group) \
    ROW(id, #type, syntax, family, code, detail::bits_of(#type), operands, discriminator, value,  \
        version, group)
#define LDX(name, code, type, version)                                                            \
    ACCESS_ROW(name, ldx, code, type, "$d = *(" #type " *)($s $o)",                               \
               dst_field | src_field | off_field, no_field, 0, version,                           \
               detail::base(detail::bits_of(#type)))
#define LDXSX(name, code, type, version)                                                          \
    ACCESS_ROW(name, ldxsx, code, type, "$d = *(" #type " *)($s $o)",                             \
               dst_field | src_field | off_field, no_field, 0, version, ConformanceGroup::base32)
#define ST(name, code, type, version)                                                             \
    ACCESS_ROW(name, st, code, type, "*(" #type " *)($d $o) = $i",                                \
               dst_field | off_field | imm_field, no_field, 0, version,                           \
               detail::base(detail::bits_of(#type)))
#define STX(name, code, type, version)                                                            \
    ACCESS_ROW(name, stx, code, type, "*(" #type " *)($d $o) = $s",                               \
               dst_field | src_field | off_field, no_field, 0, version,                           \
               detail::base(detail::bits_of(#type)))

#define ATOMIC_ROW(name, code, imm, symbol, version, bits)                                        \
    ROW(name##bits, symbol,                                                                       \
        (imm) == 0xf1                                                                             \
            ? "r0 = " BPFTWIN_ATOMIC_##bits symbol "((u" #bits " *)($d $o), r0, $s)"              \
            : ((imm) & 1) != 0                                                                    \
                ? "$s = " BPFTWIN_ATOMIC_##bits symbol "((u" #bits " *)($d $o), $s)"              \
                : "lock *(u" #bits " *)($d $o) " symbol " $s",                                    \
        atomic, code, bits, dst_field | src_field | off_field, imm_field, imm, version,           \
        ConformanceGroup::atomic##bits)
#define ATOMIC(name, imm, symbol, version)               \
    ATOMIC_ROW(name, 0xc3, imm, symbol, version, 32)     \
    ATOMIC_ROW(name, 0xdb, imm, symbol, version, 64)

#define LOAD_ACQUIRE(name, code, type, version)                                                   \
    ACCESS_ROW(name, load_acquire, code, type, "$d = load_acquire((" #type " *)($s $o))",         \
               dst_field | src_field | off_field, imm_field, 0x100, version,                      \
               ConformanceGroup::kernel)
#define STORE_RELEASE(name, code, type, version)                                                  \
    ACCESS_ROW(name, store_release, code, type, "store_release((" #type " *)($d $o), $s)",        \
               dst_field | src_field | off_field, imm_field, 0x110, version,                      \
               ConformanceGroup::kernel)
#define LD_ABS(name, code, type, version)                                                         \
    ACCESS_ROW(name, ld_abs, code, type, "r0 = *(" #type " *)skb[$i]", imm_field, no_field, 0,    \
               version, ConformanceGroup::packet)
#define LD_IND(name, code, type, version)                                                         \
    ACCESS_ROW(name, ld_ind, code, type, "r0 = *(" #type " *)skb[$s + $i]",                       \
               src_field | imm_field, no_field, 0, version, ConformanceGroup::packet)

#define LDDW(name, src, version)                                                                  \
    ROW(name, "", detail::lddw_syntax[src], lddw, 0x18, 64, dst_field | imm_field, src_field,     \
        src, version, ConformanceGroup::base64)
#include "isa/insns.def"
#undef ROW
#undef ALU_ROWS
#undef NEG_ROW
#undef JMP_ROWS
#undef ACCESS_ROW
#undef ATOMIC_ROW
});
// clang-format on
#undef BPFTWIN_DST_32
#undef BPFTWIN_DST_64
#undef BPFTWIN_SRC_32
#undef BPFTWIN_SRC_64
#undef BPFTWIN_ATOMIC_32
#undef BPFTWIN_ATOMIC_64

inline constexpr std::size_t op_count = op_table.size();

constexpr const OpInfo& info(Op op) { return op_table[static_cast<std::size_t>(op)]; }

constexpr bool has(Fields set, Fields field) {
    return (static_cast<unsigned>(set) & static_cast<unsigned>(field)) != 0;
}

/// Slots that the instruction takes: 2 for the 64-bit immediate loads, else 1.
constexpr unsigned slots(Op op) { return info(op).family == Family::lddw ? 2 : 1; }

/// Whether the second operand is the immediate rather than a register.
constexpr bool has_immediate_operand(Op op) { return has(info(op).operands, imm_field); }

/// The field that holds a displacement to another instruction of the program, or `no_field`.
constexpr Fields target_field(Op op) {
    if (info(op).syntax.contains("$j")) return off_field;
    return info(op).syntax.contains("$l") ? imm_field : no_field;
}

/// Name of a conformance group as RFC 9669 writes it.
std::string_view name_of(ConformanceGroup group);

}  // namespace bpftwin
