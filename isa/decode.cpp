// Decoder: the table indexed by code byte, then by discriminator (RFC 9669 sections 3 to 5).
#include "isa/decode.h"

#include <array>
#include <bit>
#include <cerrno>
#include <vector>

#include "fmt/format.h"

namespace bpftwin {
namespace {

constexpr std::int32_t field_value(const Insn& insn, Fields field) {
    switch (field) {
        case dst_field: return insn.dst;
        case src_field: return insn.src;
        case off_field: return insn.off;
        case imm_field: return insn.imm;
        case no_field: return 0;
    }
    return 0;
}

constexpr std::string_view field_name(Fields field) {
    switch (field) {
        case dst_field: return "dst";
        case src_field: return "src";
        case off_field: return "off";
        case imm_field: return "imm";
        case no_field: return "";
    }
    return "";
}

constexpr bool distinct(const OpInfo& a, const OpInfo& b) {
    if (a.code != b.code) return true;
    return a.discriminator == b.discriminator && a.discriminator != no_field &&
           a.discriminator_value != b.discriminator_value;
}

constexpr bool no_two_rows_share_an_encoding() {
    for (std::size_t i = 0; i < op_count; ++i)
        for (std::size_t j = i + 1; j < op_count; ++j)
            if (!distinct(op_table[i], op_table[j])) return false;
    return true;
}
static_assert(no_two_rows_share_an_encoding());

/// Rows sorted by code, and where each code's rows begin.
struct Index {
    std::array<std::uint8_t, op_count> rows{};
    std::array<std::uint8_t, 257> first{};
};

constexpr Index make_index() {
    Index index;
    std::size_t at = 0;
    for (unsigned code = 0; code < 256; ++code) {
        index.first[code] = static_cast<std::uint8_t>(at);
        for (std::size_t i = 0; i < op_count; ++i)
            if (op_table[i].code == code) index.rows[at++] = static_cast<std::uint8_t>(i);
    }
    index.first[256] = static_cast<std::uint8_t>(at);
    return index;
}
constexpr Index by_code = make_index();
static_assert(op_count < 256);

constexpr std::size_t op_index(Op op) { return static_cast<std::size_t>(op); }

/// `target_field` of every row, which is too slow to ask for each instruction.
constexpr auto target_fields = [] {
    std::array<Fields, op_count> fields{};
    for (const OpInfo& row : op_table) fields[op_index(row.op)] = target_field(row.op);
    return fields;
}();

std::expected<const OpInfo*, std::string> row_of(const Insn& insn) {
    auto rows = std::span(by_code.rows)
                    .subspan(by_code.first[insn.code],
                             by_code.first[insn.code + 1] - by_code.first[insn.code]);
    if (rows.empty()) return std::unexpected(fmt::format("unknown opcode {:02x}", insn.code));
    for (auto row : rows) {
        const auto& op = op_table[row];
        if (field_value(insn, op.discriminator) == op.discriminator_value) return &op;
    }
    auto field = op_table[rows.front()].discriminator;
    return std::unexpected(fmt::format("opcode {:02x}: no instruction has {} {}", insn.code,
                                       field_name(field), field_value(insn, field)));
}

std::string register_error(const OpInfo& op, std::int32_t value) {
    if (value < static_cast<int>(register_count)) return {};
    return fmt::format("{}: register r{} does not exist", op.name, value);
}

std::string reserved_error(const OpInfo& op, Fields field, std::int32_t value) {
    if (field == op.discriminator || value == 0) return {};
    return fmt::format("{}: reserved field {} is {}, must be 0", op.name, field_name(field), value);
}

/// The kernel knows two address spaces, and a cast has to change the space.
std::string cast_error(const OpInfo& op, const Insn& insn) {
    if (op.op != Op::addr_space_cast || insn.imm == 1 || insn.imm == 1 << 16) return {};
    return fmt::format("{}: imm is {}, must be 1 (space 1 to 0) or 65536 (0 to 1)", op.name,
                       insn.imm);
}

/// Bits of an instruction slot that a row reserves, as the slot's bytes are a little-endian number:
/// clang evaluates no bit_cast of bit-fields.
constexpr std::uint64_t reserved_bits(const OpInfo& row) {
    const auto reserved = [&](Fields field, std::uint64_t bits) {
        return !has(row.operands, field) && field != row.discriminator ? bits : 0;
    };
    return reserved(dst_field, 0xf00) | reserved(src_field, 0xf000) |
           reserved(off_field, 0xffff'0000) | reserved(imm_field, 0xffff'ffff'0000'0000);
}
constexpr auto all_reserved_bits = [] {
    std::array<std::uint64_t, op_count> bits{};
    for (const OpInfo& row : op_table) bits[op_index(row.op)] = reserved_bits(row);
    return bits;
}();

/// Whether the fields are certainly right, told without looking at each. (A `src` that is no
/// register is reserved or a discriminator, and small.)
bool is_plain(const OpInfo& op, const Insn& insn) {
    return (std::bit_cast<std::uint64_t>(insn) & all_reserved_bits[op_index(op.op)]) == 0 &&
           insn.dst < register_count && insn.src < register_count && op.op != Op::addr_space_cast;
}

/// What is wrong with the fields of an instruction of row `op`; empty if nothing.
std::string field_error(const OpInfo& op, const Insn& insn) {
    for (Fields field : {dst_field, src_field, off_field, imm_field}) {
        auto value = field_value(insn, field);
        bool is_register = field == dst_field || field == src_field;
        std::string what;
        if (!has(op.operands, field))
            what = reserved_error(op, field, value);
        else if (is_register)
            what = register_error(op, value);
        if (!what.empty()) return what;
    }
    return cast_error(op, insn);
}

/// Whether the second slot's constant belongs to the operand (else it must be 0).
constexpr bool uses_second_constant(Op op) {
    return op == Op::lddw || op == Op::lddw_map_value || op == Op::lddw_map_idx_value ||
           op == Op::lddw_btf_id;
}

std::string second_slot_error(Op op, const Insn& second) {
    if (second.code != 0 || second.dst != 0 || second.src != 0 || second.off != 0)
        return fmt::format("{}: second slot has a field other than imm", info(op).name);
    if (!uses_second_constant(op) && second.imm != 0)
        return fmt::format("{}: second slot's imm is {}, must be 0", info(op).name, second.imm);
    return {};
}

/// The row of a one-slot instruction whose fields are certainly right, or null.
const OpInfo* plain_row(const Insn& insn) {
    const std::size_t end = by_code.first[insn.code + 1];
    for (std::size_t i = by_code.first[insn.code]; i < end; ++i) {
        const OpInfo& row = op_table[by_code.rows[i]];
        if (field_value(insn, row.discriminator) == row.discriminator_value)
            return is_plain(row, insn) && row.family != Family::lddw ? &row : nullptr;
    }
    return nullptr;
}

/// The row of each slot, second slots of `lddw` included.
Result<std::vector<Op>> decode_slots(std::span<const Insn> program) {
    std::vector<Op> ops(program.size());
    for (std::size_t pc = 0; pc < program.size(); ++pc) {
        if (const OpInfo* row = plain_row(program[pc])) {
            ops[pc] = row->op;
            continue;
        }
        auto op = decode_at(program, pc);
        if (!op) return std::unexpected(op.error());
        ops[pc] = *op;
        if (slots(*op) == 2) ops[++pc] = *op;
    }
    return ops;
}

/// A code of 0 is no instruction, only second slots of `lddw` have it.
bool is_second_slot(const Insn& insn) { return insn.code == 0; }

/// What is wrong with the target of a jump, local call or function address; empty if nothing.
std::string target_error(std::span<const Insn> program, Op op, std::size_t pc) {
    const auto target =
        static_cast<std::int64_t>(pc) + 1 + field_value(program[pc], target_fields[op_index(op)]);
    if (target < 0 || target >= static_cast<std::int64_t>(program.size()))
        return fmt::format("{}: target {} is outside the program of {} instructions", info(op).name,
                           target, program.size());
    if (is_second_slot(program[static_cast<std::size_t>(target)]))
        return fmt::format("{}: target {} is the second slot of an lddw", info(op).name, target);
    return {};
}

}  // namespace

std::expected<Op, std::string> decode(const Insn& insn) {
    auto row = row_of(insn);
    if (!row) return std::unexpected(row.error());
    if (is_plain(**row, insn)) return (*row)->op;
    if (auto what = field_error(**row, insn); !what.empty()) return std::unexpected(what);
    return (*row)->op;
}

Result<Op> decode_at(std::span<const Insn> program, std::size_t pc) {
    if (pc >= program.size()) return fail(fmt::format("insn {}: behind the end", pc), EINVAL);
    auto op = decode(program[pc]);
    if (!op) return fail(fmt::format("insn {}: {}", pc, op.error()), EINVAL);
    if (slots(*op) == 1) return *op;
    if (pc + 1 == program.size())
        return fail(fmt::format("insn {}: {}: second slot is missing", pc, info(*op).name), EINVAL);
    if (auto what = second_slot_error(*op, program[pc + 1]); !what.empty())
        return fail(fmt::format("insn {}: {}", pc, what), EINVAL);
    return *op;
}

Result<std::vector<Op>> decode_program(std::span<const Insn> program) {
    auto ops = decode_slots(program);
    if (!ops) return ops;
    for (std::size_t pc = 0; pc < program.size(); ++pc) {
        if (target_fields[op_index((*ops)[pc])] == no_field || is_second_slot(program[pc]))
            continue;
        if (auto what = target_error(program, (*ops)[pc], pc); !what.empty())
            return fail(fmt::format("insn {}: {}", pc, what), EINVAL);
    }
    return ops;
}

Result<void> validate(std::span<const Insn> program) {
    auto ops = decode_program(program);
    if (!ops) return std::unexpected(ops.error());
    return {};
}

}  // namespace bpftwin
