// Fills the slots of a row's syntax with the fields of an instruction.
#include "isa/disasm.h"

#include "fmt/format.h"
#include "isa/decode.h"
#include "isa/encode.h"
#include "isa/syntax.h"

namespace bpftwin {
namespace {

template <class Lookup, class Key>
std::string name_or(const Lookup& lookup, const Key& key, std::string_view otherwise) {
    std::string name = lookup ? lookup(key) : std::string();
    return name.empty() ? std::string(otherwise) : name;
}

std::string helper_text(const Insn& insn, const DisasmNames& names) {
    return fmt::format("{}#{}", name_or(names.helper, insn.imm, "unknown"), insn.imm);
}

std::string kfunc_text(const Insn& insn, const DisasmNames& names) {
    auto text = fmt::format("{}#{}", name_or(names.kfunc, insn, "kernel-function"), insn.imm);
    return insn.off == 0 ? text : fmt::format("{}[{}]", text, insn.off);
}

std::string map_text(const Insn& insn, const DisasmNames& names) {
    auto name = name_or(names.map, insn, "");
    return name.empty() ? fmt::format("{}", insn.imm) : fmt::format("{} {}", insn.imm, name);
}

std::string btf_text(const Insn& insn, const Insn& second) {
    return second.imm == 0 ? fmt::format("{}", insn.imm)
                           : fmt::format("{}[fd:{}]", insn.imm, second.imm);
}

std::string slot_text(Slot slot, const Insn& insn, const Insn& second, const DisasmNames& names) {
    auto imm = static_cast<std::uint32_t>(insn.imm);
    switch (slot) {
        case Slot::dst: return fmt::format("r{}", unsigned{insn.dst});
        case Slot::dst32: return fmt::format("w{}", unsigned{insn.dst});
        case Slot::src: return fmt::format("r{}", unsigned{insn.src});
        case Slot::src32: return fmt::format("w{}", unsigned{insn.src});
        case Slot::imm: return fmt::format("{}", insn.imm);
        case Slot::hex: return fmt::format("0x{:x}", imm);
        case Slot::off: return fmt::format("{:+}", insn.off);
        case Slot::jump: return fmt::format("pc{:+}", insn.off);
        case Slot::long_jump: return fmt::format("pc{:+}", insn.imm);
        case Slot::helper: return helper_text(insn, names);
        case Slot::kfunc: return kfunc_text(insn, names);
        case Slot::spaces: return fmt::format("{}, {}", imm >> 16, imm & 0xffff);
        case Slot::constant: return fmt::format("0x{:x}", lddw_value(insn, second));
        case Slot::map: return map_text(insn, names);
        case Slot::value_offset: return fmt::format("+{}", static_cast<std::uint32_t>(second.imm));
        case Slot::btf: return btf_text(insn, second);
    }
    bug("syntax with an unknown slot");
}

std::string text_of(Op op, const Insn& insn, const Insn& second, const DisasmNames& names) {
    auto text = fmt::format("({:02x}) ", insn.code);
    for_each_piece(
        info(op).syntax, [&](std::string_view literal) { return !text.append(literal).empty(); },
        [&](Slot slot) { return !text.append(slot_text(slot, insn, second, names)).empty(); });
    return text;
}

}  // namespace

Result<std::string> disassemble(std::span<const Insn> program, std::size_t pc,
                                const DisasmNames& names) {
    auto op = decode_at(program, pc);
    if (!op) return std::unexpected(op.error());
    return text_of(*op, program[pc], slots(*op) == 2 ? program[pc + 1] : Insn{}, names);
}

Result<std::string> disassemble(std::span<const Insn> program, const DisasmNames& names) {
    std::string listing;
    for (std::size_t pc = 0; pc < program.size(); ++pc) {
        auto text = disassemble(program, pc, names);
        if (!text) return text;
        listing += fmt::format("{}: {}\n", pc, *text);
        if (program[pc].code == info(Op::lddw).code) ++pc;
    }
    return listing;
}

}  // namespace bpftwin
