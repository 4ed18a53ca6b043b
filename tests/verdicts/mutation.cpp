#include "tests/verdicts/mutation.h"

#include <algorithm>

#include "isa/builder.h"
#include "isa/decode.h"
#include "tests/differential/rewrite.h"
#include "tests/differential/rules.h"

namespace bpftwin::verdicts {
namespace {

using differential::Choices;

/// The first slots of the program's instructions.
std::vector<std::size_t> begins(const std::vector<Insn>& insns) {
    std::vector<std::size_t> found;
    for (std::size_t pc = 0; pc < insns.size();) {
        found.push_back(pc);
        const auto op = decode(insns[pc]);
        pc += op ? slots(*op) : 1;
    }
    return found;
}

class Mutation {
public:
    Mutation(ProgramSpec& program, std::size_t maps, Choices& choices)
        : program_(program), maps_(maps), choices_(choices), begins_(begins(program.insns)) {}

    void run() {
        constexpr std::array changes = {
            &Mutation::change_opcode,    &Mutation::change_dst,       &Mutation::change_src,
            &Mutation::change_offset,    &Mutation::change_immediate, &Mutation::swap,
            &Mutation::leave_out,        &Mutation::copy_over,        &Mutation::insert_copy,
            &Mutation::redirect,         &Mutation::call_another,     &Mutation::change_immediate,
            &Mutation::change_immediate, &Mutation::change_offset,    &Mutation::use_another_map,
        };
        while (!(this->*choices_.of(changes))()) {
        }
    }

private:
    Insn& any() { return program_.insns[choices_.of(begins_)]; }
    std::uint8_t reg() { return static_cast<std::uint8_t>(choices_.below(register_count)); }
    static bool is_wide(const Insn& insn) { return insn.code == 0x18; }

    /// A row that reads the fields as the old one did, most often.
    bool change_opcode() {
        Insn& at = any();
        const auto op = decode(at);
        if (!op || slots(*op) == 2) return false;
        const Op other = choices_.of(differential::rows_of(info(*op).family));
        if (other == Op::call_kfunc || other == Op::callx) return false;
        at = insn(other, {.dst = at.dst, .src = at.src, .off = at.off, .imm = at.imm});
        return true;
    }
    bool change_dst() {
        any().dst = reg() & 0xf;
        return true;
    }
    bool change_src() {
        Insn& at = any();
        const auto op = decode(at);
        if (!op || !has(info(*op).operands, src_field)) return false;
        at.src = reg() & 0xf;
        return true;
    }
    std::int64_t step() {
        constexpr std::array<int, 6> steps = {1, 2, 4, 8, 16, 64};
        const int step = choices_.of(steps);
        return choices_.percent(50) ? step : -step;
    }
    bool change_offset() {
        Insn& at = any();
        const auto op = decode(at);
        if (!op || !has(info(*op).operands, off_field)) return false;
        at.off =
            static_cast<std::int16_t>(choices_.percent(80) ? at.off + step() : choices_.edge32());
        return true;
    }
    bool change_immediate() {
        Insn& at = any();
        const auto op = decode(at);
        if (!op || is_wide(at) || info(*op).family == Family::call) return false;
        if (!has(info(*op).operands, imm_field)) return false;
        at.imm =
            static_cast<std::int32_t>(choices_.percent(60) ? at.imm + step() : choices_.edge32());
        return true;
    }
    bool swap() {
        const std::size_t pc = choices_.of(begins_);
        auto& insns = program_.insns;
        if (pc + 1 >= insns.size() || is_wide(insns[pc]) || is_wide(insns[pc + 1])) return false;
        std::swap(insns[pc], insns[pc + 1]);
        return true;
    }
    bool leave_out() {
        Insn& at = any();
        if (is_wide(at)) return false;
        at = build::ja(0);
        return true;
    }
    /// Calls and jumps go elsewhere then, which is welcome.
    bool copy_over() {
        Insn& at = any();
        const Insn& from = any();
        if (is_wide(at) || is_wide(from)) return false;
        at = from;
        return true;
    }
    bool insert_copy() {
        const std::size_t pc = choices_.of(begins_);
        const Insn copied = any();
        if (is_wide(copied) || is_wide(program_.insns[pc])) return false;
        std::vector<differential::Edit> edits(program_.insns.size());
        edits[pc].after.push_back(copied);
        const auto longer = differential::rewritten(program_.insns, edits);
        if (!longer) return false;
        program_.insns = *longer;
        move_behind(pc, program_.func_info);
        move_behind(pc, program_.line_info);
        move_behind(pc, program_.functions);
        return true;
    }
    template <class Records>
    static void move_behind(std::size_t pc, Records& records) {
        for (auto& record : records)
            if (record.insn > pc) ++record.insn;
    }
    bool redirect() {
        const std::size_t pc = choices_.of(begins_);
        const auto op = decode(program_.insns[pc]);
        if (!op || target_field(*op) == no_field) return false;
        const auto target = static_cast<std::int64_t>(choices_.of(begins_));
        return aim(program_.insns[pc], *op, target - static_cast<std::int64_t>(pc) - 1);
    }
    bool call_another() {
        Insn& at = any();
        if (decode(at) != Op::call_helper) return choices_.percent(3);
        at.imm = static_cast<std::int32_t>(1 + choices_.below(211));
        return true;
    }
    bool use_another_map() {
        Insn& at = any();
        const auto op = decode(at);
        if (op != Op::lddw_map_fd && op != Op::lddw_map_value) return choices_.percent(3);
        at.imm = static_cast<std::int32_t>(choices_.below(maps_));
        return true;
    }

    ProgramSpec& program_;
    std::size_t maps_;
    Choices& choices_;
    std::vector<std::size_t> begins_;
};

}  // namespace

void mutate(ProgramSpec& program, std::size_t maps, Choices& choices) {
    Mutation(program, maps, choices).run();
}

}  // namespace bpftwin::verdicts
