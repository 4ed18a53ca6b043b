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

/// First `-mcpu` version of LLVM that emits the instruction; `kernel`: not part of RFC 9669.
enum class IsaVersion : std::uint8_t { v1 = 1, v2, v3, v4, kernel };

/// RFC 9669 section 2.4.
enum class ConformanceGroup : std::uint8_t {
    base32,
    base64,
    atomic32,
    atomic64,
    divmul32,
    divmul64,
    packet,
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

constexpr ConformanceGroup by_width(unsigned bits, ConformanceGroup narrow, ConformanceGroup wide,
                                    IsaVersion version) {
    if (version == IsaVersion::kernel) return ConformanceGroup::kernel;
    return bits == 64 ? wide : narrow;
}

constexpr ConformanceGroup base(unsigned bits, IsaVersion version) {
    return by_width(bits, ConformanceGroup::base32, ConformanceGroup::base64, version);
}

constexpr ConformanceGroup alu_group(unsigned code, unsigned bits, IsaVersion version) {
    bool divmul = code == 0x20 || code == 0x30 || code == 0x90;
    return divmul ? by_width(bits, ConformanceGroup::divmul32, ConformanceGroup::divmul64, version)
                  : base(bits, version);
}

constexpr ConformanceGroup atomic_group(unsigned bits, IsaVersion version) {
    return by_width(bits, ConformanceGroup::atomic32, ConformanceGroup::atomic64, version);
}

constexpr std::uint8_t bits_of_ctype(std::string_view ctype) {
    if (ctype.ends_with("64")) return 64;
    if (ctype.ends_with("32")) return 32;
    return ctype.ends_with("16") ? 16 : 8;
}

}  // namespace detail

/// All encodings, indexed by `Op`.
inline constexpr auto op_table = std::to_array<OpInfo>({
#define ALU_ROW(id, sym, code, operand, offv, bits, ver, group_code) \
    {Op::id,                                                         \
     #id,                                                            \
     sym,                                                            \
     Family::alu,                                                    \
     code,                                                           \
     bits,                                                           \
     dst_field | operand,                                            \
     off_field,                                                      \
     offv,                                                           \
     IsaVersion::ver,                                                \
     detail::alu_group(group_code, bits, IsaVersion::ver)},
#define ALU(name, code, off, symbol, version)                                     \
    ALU_ROW(name##32_k, symbol, (code) | 0x04, imm_field, off, 32, version, code) \
    ALU_ROW(name##32_x, symbol, (code) | 0x0c, src_field, off, 32, version, code) \
    ALU_ROW(name##64_k, symbol, (code) | 0x07, imm_field, off, 64, version, code) \
    ALU_ROW(name##64_x, symbol, (code) | 0x0f, src_field, off, 64, version, code)
#define NEG_ROW(id, code, bits, ver) \
    {Op::id,                         \
     #id,                            \
     "-",                            \
     Family::neg,                    \
     code,                           \
     bits,                           \
     dst_field,                      \
     no_field,                       \
     0,                              \
     IsaVersion::ver,                \
     detail::base(bits, IsaVersion::ver)},
#define NEG(name, code, version) \
    NEG_ROW(name##32, (code) | 0x04, 32, version) NEG_ROW(name##64, (code) | 0x07, 64, version)
#define MOVSX(from, width, ver)   \
    {Op::movsx##from##_##width,   \
     "movsx" #from "_" #width,    \
     "s" #from,                   \
     Family::movsx,               \
     (width) == 64 ? 0xbf : 0xbc, \
     width,                       \
     dst_field | src_field,       \
     off_field,                   \
     from,                        \
     IsaVersion::ver,             \
     detail::base(width, IsaVersion::ver)},
#define CAST(name, off, ver)            \
    {Op::name,                          \
     #name,                             \
     #name,                             \
     Family::cast,                      \
     0xbf,                              \
     64,                                \
     dst_field | src_field | imm_field, \
     off_field,                         \
     off,                               \
     IsaVersion::ver,                   \
     ConformanceGroup::kernel},
#define END(name, code, bits, ver) \
    {Op::name##bits,               \
     #name #bits,                  \
     #name #bits,                  \
     Family::end,                  \
     code,                         \
     bits,                         \
     dst_field,                    \
     imm_field,                    \
     bits,                         \
     IsaVersion::ver,              \
     detail::base(bits, IsaVersion::ver)},
#define JMP_ROW(id, sym, code, operand, bits, ver) \
    {Op::id,                                       \
     #id,                                          \
     sym,                                          \
     Family::jmp,                                  \
     code,                                         \
     bits,                                         \
     dst_field | operand | off_field,              \
     no_field,                                     \
     0,                                            \
     IsaVersion::ver,                              \
     detail::base(bits, IsaVersion::ver)},
#define JMP(name, code, symbol, version)                               \
    JMP_ROW(name##64_k, symbol, (code) | 0x05, imm_field, 64, version) \
    JMP_ROW(name##64_x, symbol, (code) | 0x0d, src_field, 64, version) \
    JMP_ROW(name##32_k, symbol, (code) | 0x06, imm_field, 32, v3)      \
    JMP_ROW(name##32_x, symbol, (code) | 0x0e, src_field, 32, v3)
#define JA(name, code, ver)                  \
    {Op::name,                               \
     #name,                                  \
     (code) == 0x05 ? "goto" : #name,        \
     Family::ja,                             \
     code,                                   \
     64,                                     \
     (code) == 0x06 ? imm_field : off_field, \
     no_field,                               \
     0,                                      \
     IsaVersion::ver,                        \
     detail::base(32, IsaVersion::ver)},
#define CALL(name, code, src, ver)          \
    {Op::name,                              \
     #name,                                 \
     (code) == 0x8d ? "callx" : "call",     \
     Family::call,                          \
     code,                                  \
     64,                                    \
     (code) == 0x8d ? dst_field             \
     : (src) == 2   ? imm_field | off_field \
                    : imm_field,              \
     (code) == 0x8d ? no_field : src_field, \
     src,                                   \
     IsaVersion::ver,                       \
     detail::base(32, IsaVersion::ver)},
#define EXIT(name, code, ver) \
    {Op::name,                \
     #name,                   \
     "exit",                  \
     Family::exit,            \
     code,                    \
     64,                      \
     no_field,                \
     no_field,                \
     0,                       \
     IsaVersion::ver,         \
     detail::base(32, IsaVersion::ver)},
#define ACCESS_ROW(id, fam, code, ctype, fields, disc, value, ver, grp)          \
    {Op::id, #id,  #ctype, Family::fam,     code, detail::bits_of_ctype(#ctype), \
     fields, disc, value,  IsaVersion::ver, grp},
#define LDX(name, code, ctype, ver)                                                         \
    ACCESS_ROW(name, ldx, code, ctype, dst_field | src_field | off_field, no_field, 0, ver, \
               detail::base(detail::bits_of_ctype(#ctype), IsaVersion::ver))
#define LDXSX(name, code, ctype, ver)                                                         \
    ACCESS_ROW(name, ldxsx, code, ctype, dst_field | src_field | off_field, no_field, 0, ver, \
               ConformanceGroup::base64)
#define ST(name, code, ctype, ver)                                                         \
    ACCESS_ROW(name, st, code, ctype, dst_field | off_field | imm_field, no_field, 0, ver, \
               detail::base(detail::bits_of_ctype(#ctype), IsaVersion::ver))
#define STX(name, code, ctype, ver)                                                         \
    ACCESS_ROW(name, stx, code, ctype, dst_field | src_field | off_field, no_field, 0, ver, \
               detail::base(detail::bits_of_ctype(#ctype), IsaVersion::ver))
#define ATOMIC_ROW(id, sym, code, immv, bits, ver) \
    {Op::id,                                       \
     #id,                                          \
     sym,                                          \
     Family::atomic,                               \
     code,                                         \
     bits,                                         \
     dst_field | src_field | off_field,            \
     imm_field,                                    \
     immv,                                         \
     IsaVersion::ver,                              \
     detail::atomic_group(bits, IsaVersion::ver)},
#define ATOMIC(name, imm, symbol, version)               \
    ATOMIC_ROW(name##32, symbol, 0xc3, imm, 32, version) \
    ATOMIC_ROW(name##64, symbol, 0xdb, imm, 64, version)
#define LOAD_ACQUIRE(name, code, ctype, ver)                                                  \
    ACCESS_ROW(name, load_acquire, code, ctype, dst_field | src_field | off_field, imm_field, \
               0x100, ver, ConformanceGroup::kernel)
#define STORE_RELEASE(name, code, ctype, ver)                                                  \
    ACCESS_ROW(name, store_release, code, ctype, dst_field | src_field | off_field, imm_field, \
               0x110, ver, ConformanceGroup::kernel)
#define LD_ABS(name, code, ctype, ver) \
    ACCESS_ROW(name, ld_abs, code, ctype, imm_field, no_field, 0, ver, ConformanceGroup::packet)
#define LD_IND(name, code, ctype, ver)                                             \
    ACCESS_ROW(name, ld_ind, code, ctype, src_field | imm_field, no_field, 0, ver, \
               ConformanceGroup::packet)
#define LDDW(name, src, ver) \
    {Op::name,               \
     #name,                  \
     "",                     \
     Family::lddw,           \
     0x18,                   \
     64,                     \
     dst_field | imm_field,  \
     src_field,              \
     src,                    \
     IsaVersion::ver,        \
     ConformanceGroup::base64},
#include "isa/insns.def"
#undef ALU_ROW
#undef NEG_ROW
#undef JMP_ROW
#undef ACCESS_ROW
#undef ATOMIC_ROW
});

inline constexpr std::size_t op_count = op_table.size();

constexpr const OpInfo& info(Op op) { return op_table[static_cast<std::size_t>(op)]; }

constexpr bool has(Fields set, Fields field) {
    return (static_cast<unsigned>(set) & static_cast<unsigned>(field)) != 0;
}

/// Slots that the instruction takes: 2 for the 64-bit immediate loads, else 1.
constexpr unsigned slots(Op op) { return info(op).family == Family::lddw ? 2 : 1; }

/// Whether the second operand is the immediate rather than a register.
constexpr bool has_immediate_operand(Op op) { return has(info(op).operands, imm_field); }

/// Name of a conformance group as RFC 9669 writes it.
std::string_view name_of(ConformanceGroup group);

}  // namespace bpftwin
