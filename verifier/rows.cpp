#include "verifier/rows.h"

#include <algorithm>
#include <optional>
#include <string_view>

#include "fmt/format.h"
#include "isa/decode.h"

namespace bpftwin::verifier {
namespace {

constexpr bool is_load_class(const Insn& insn) { return (insn.code & 7) == 1; }
/// Loads in the modes MEM and MEMSX.
constexpr bool has_load_mode(const Insn& insn) {
    return (insn.code & 0xe0) == 0x60 || (insn.code & 0xe0) == 0x80;
}

bool is_row_of(const Insn& insn, const OpInfo& row) {
    if (insn.code != row.code || row.op == Op::callx) return false;
    switch (row.discriminator) {
        case src_field: return insn.src == row.discriminator_value;
        case off_field: return insn.off == row.discriminator_value;
        case imm_field: return insn.imm == row.discriminator_value;
        default: return true;
    }
}

/// The row of an instruction some fields of which are wrong; the kernel knows no callx.
std::optional<Op> likely_row(const Insn& insn) {
    const auto it =
        std::ranges::find_if(op_table, [&](const OpInfo& row) { return is_row_of(insn, row); });
    if (it != op_table.end()) return it->op;
    const auto other = std::ranges::find(op_table, insn.code, &OpInfo::code);
    if (other == op_table.end() || other->op == Op::callx) return std::nullopt;
    return other->op;
}

Checked<Op> row_of(const Insn& insn) {
    if (is_load_class(insn) && (!has_load_mode(insn) || insn.imm != 0))
        return reject(EINVAL, "BPF_LDX uses reserved fields");
    if (const auto op = decode(insn); op && *op != Op::callx) return *op;
    if (const auto op = likely_row(insn)) return *op;
    return reject(EINVAL, fmt::format("unknown opcode {:02x}", insn.code));
}

Checked<Op> wide_row(std::span<const Insn> rest) {
    constexpr Insn zero{};
    if (rest.size() < 2) return reject(EINVAL, "invalid bpf_ld_imm64 insn");
    Insn second = rest[1];
    second.imm = 0;
    if (second != zero) return reject(EINVAL, "invalid bpf_ld_imm64 insn");
    const auto op = likely_row(rest[0]);
    const bool is_known = op && is_row_of(rest[0], info(*op));
    const bool takes_one = op == Op::lddw_map_fd || op == Op::lddw_map_idx;
    if (!is_known || (takes_one && rest[1].imm != 0))
        return reject(EINVAL, "unrecognized bpf_ld_imm64 insn");
    return *op;
}

std::string_view words_for(const OpInfo& row) {
    switch (row.family) {
        case Family::alu:
        case Family::movsx:
        case Family::cast: return (row.code & 0xf0) == 0xb0 ? "BPF_MOV" : "BPF_ALU";
        case Family::neg: return "BPF_NEG";
        case Family::end: return "BPF_END";
        case Family::jmp: return "BPF_JMP/JMP32";
        case Family::ja: return "BPF_JA";
        case Family::call: return "BPF_CALL";
        case Family::exit: return "BPF_EXIT";
        case Family::ldx:
        case Family::ldxsx: return "BPF_LDX";
        case Family::st: return "BPF_ST";
        case Family::stx:
        case Family::atomic:
        case Family::load_acquire:
        case Family::store_release: return "BPF_STX";
        case Family::ld_abs:
        case Family::ld_ind: return "BPF_LD_[ABS|IND]";
        case Family::lddw: return "BPF_LD_IMM64";
    }
    return {};
}

bool is_atomic(const OpInfo& row) {
    return row.family == Family::atomic || row.family == Family::load_acquire ||
           row.family == Family::store_release;
}

/// What is wrong with an atomic operation: only loads and stores may be narrow.
std::string atomic_reason(const Insn& insn) {
    const bool exists = std::ranges::any_of(op_table, [&](const OpInfo& row) {
        return row.family == Family::atomic && row.discriminator_value == insn.imm;
    });
    if (exists) return "invalid atomic operand size";
    return fmt::format("BPF_ATOMIC uses invalid atomic opcode {:02x}",
                       static_cast<std::uint32_t>(insn.imm));
}

bool is_cast(const Insn& insn) {
    const OpInfo& cast = info(Op::addr_space_cast);
    return insn.code == cast.code && insn.off == cast.discriminator_value;
}

std::string field_reason(const Insn& insn, const OpInfo& row) {
    if (row.op == Op::may_goto) return fmt::format("invalid may_goto imm {}", insn.imm);
    if (is_cast(insn)) return "addr_space_cast insn can only convert between address space 1 and 0";
    if (is_atomic(row)) return atomic_reason(insn);
    return fmt::format("{} uses reserved fields", words_for(row));
}

/// `insn` without what nobody checks here: registers, and the offset of an exit.
Insn checked_part(Insn insn, const OpInfo& row) {
    if (has(row.operands, dst_field)) insn.dst = 0;
    if (has(row.operands, src_field)) insn.src = 0;
    if (row.family == Family::exit) insn.off = 0;
    return insn;
}

}  // namespace

Checked<std::vector<Op>> rows_of(std::span<const Insn> insns) {
    std::vector<Op> ops(insns.size());
    for (std::size_t at = 0; at < insns.size(); ++at) {
        const bool is_wide = insns[at].code == info(Op::lddw).code;
        const auto op = is_wide ? wide_row(insns.subspan(at)) : row_of(insns[at]);
        if (!op) return std::unexpected(op.error());
        ops[at] = *op;
        if (is_wide) ops[++at] = *op;
    }
    return ops;
}

Checked<void> check_fields(const Insn& insn, Op op) {
    const OpInfo& row = info(op);
    if (decode(checked_part(insn, row))) return {};
    return reject(EINVAL, field_reason(insn, row));
}

}  // namespace bpftwin::verifier
