#include "loader/core_patch.h"

#include <cerrno>
#include <limits>

#include "fmt/format.h"
#include "isa/decode.h"

namespace bpftwin {
namespace {

constexpr std::uint8_t size_bits = 0x18;

/// The bits of an opcode that say how many bytes are accessed, or nothing.
std::optional<std::uint8_t> bits_of_size(std::uint32_t bytes) {
    switch (bytes) {
        case 1: return 0x10;
        case 2: return 0x08;
        case 4: return 0x00;
        case 8: return 0x18;
        default: return std::nullopt;
    }
}

Result<void> expect(const CoreFix& fix, std::uint64_t found) {
    if (!fix.is_certain || found == fix.before) return {};
    return fail(
        fmt::format("the instruction holds {}, but its relocation says {}",
                    static_cast<std::int64_t>(found), static_cast<std::int64_t>(fix.before)),
        EINVAL);
}

std::uint64_t extended(std::int64_t value) { return static_cast<std::uint64_t>(value); }

void poison(std::span<Insn> slots) {
    for (Insn& insn : slots)
        insn = {
            .code = info(Op::call_helper).code, .dst = 0, .src = 0, .off = 0, .imm = poison_helper};
}

Result<void> patch_immediate(std::span<Insn> slots, const CoreFix& fix) {
    if (auto same = expect(fix, extended(slots[0].imm)); !same) return same;
    slots[0].imm = static_cast<std::int32_t>(fix.after);
    return {};
}

Result<void> check_constant(std::span<const Insn> slots) {
    const bool is_plain =
        slots.size() == 2 && slots[0].src == 0 && slots[0].off == 0 &&
        slots[1] == Insn{.code = 0, .dst = 0, .src = 0, .off = 0, .imm = slots[1].imm};
    if (!is_plain) return fail("its 64-bit load is not one of a constant", EINVAL);
    return {};
}

Result<void> patch_constant(std::span<Insn> slots, const CoreFix& fix) {
    if (auto same = expect(fix, lddw_value(slots[0], slots[1])); !same) return same;
    slots[0].imm = static_cast<std::int32_t>(fix.after);
    slots[1].imm = static_cast<std::int32_t>(fix.after >> 32);
    return {};
}

Result<void> patch_size(Insn& insn, const CoreFix& fix) {
    if (fix.size_before == fix.size_after) return {};
    if (bits_of_size(fix.size_before) != (insn.code & size_bits))
        return fail(
            fmt::format("the instruction does not access the field's {} bytes", fix.size_before),
            EINVAL);
    const auto bits = bits_of_size(fix.size_after);
    if (!bits)
        return fail(fmt::format("no instruction accesses the target's {} bytes", fix.size_after),
                    EINVAL);
    insn.code = static_cast<std::uint8_t>((insn.code & ~size_bits) | *bits);
    return {};
}

Result<void> patch_access(std::span<Insn> slots, const CoreFix& fix) {
    if (auto same = expect(fix, extended(slots[0].off)); !same) return same;
    if (fix.after > std::numeric_limits<std::int16_t>::max())
        return fail(fmt::format("offset {} does not fit the instruction", fix.after), ERANGE);
    // Whoever reads a signed or composite field with another size reads something else.
    if (fix.is_misfit) {
        poison(slots);
        return {};
    }
    slots[0].off = static_cast<std::int16_t>(fix.after);
    return patch_size(slots[0], fix);
}

/// How the value of a relocation stands in an instruction.
using Patch = Result<void> (*)(std::span<Insn>, const CoreFix&);

Result<Patch> patch_for(std::span<const Insn> slots) {
    enum class Class : std::uint8_t { ld, ldx, st, stx, alu, jmp, jmp32, alu64 };
    constexpr std::uint8_t class_bits = 7, register_operand = 8;
    switch (static_cast<Class>(slots[0].code & class_bits)) {
        case Class::ld:
            if (auto plain = check_constant(slots); !plain) return std::unexpected(plain.error());
            return patch_constant;
        case Class::ldx:
        case Class::st:
        case Class::stx: return patch_access;
        case Class::alu:
        case Class::alu64:
            if ((slots[0].code & register_operand) == 0) return patch_immediate;
            break;
        case Class::jmp:
        case Class::jmp32: break;
    }
    return fail(fmt::format("an instruction of opcode {:02x} holds no such value", slots[0].code),
                EINVAL);
}

}  // namespace

std::size_t slots_of(const Insn& insn) { return insn.code == info(Op::lddw).code ? 2 : 1; }

bool is_poisoned(const Insn& insn) {
    return insn.code == info(Op::call_helper).code && insn.src == 0 && insn.imm == poison_helper;
}

Result<void> patch(std::span<Insn> slots, const CoreFix& fix) {
    const auto apply = patch_for(slots);
    if (!apply) return std::unexpected(apply.error());
    if (!fix.is_poison) return (*apply)(slots, fix);
    poison(slots);
    return {};
}

}  // namespace bpftwin
