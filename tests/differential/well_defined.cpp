#include "tests/differential/well_defined.h"

#include <algorithm>
#include <set>
#include <thread>

#include "helpers/prototype.h"
#include "isa/builder.h"
#include "isa/decode.h"
#include "tests/differential/compare.h"
#include "tests/differential/rewrite.h"
#include "vm/packet.h"

namespace bpftwin::differential {
namespace {

using build::Reg;

void fill(std::vector<Insn>& code, unsigned first, unsigned last, std::int32_t garbage) {
    for (unsigned i = first; i <= last; ++i)
        code.push_back(build::mov(static_cast<Reg>(i), garbage));
}

void fill_stack(std::vector<Insn>& code, std::int32_t garbage) {
    for (std::int16_t offset = -512; offset < 0; offset = static_cast<std::int16_t>(offset + 8))
        code.push_back(build::stdw(build::r10, offset, garbage));
}

/// Where subprograms begin.
std::set<std::size_t> subprogram_starts(std::span<const Insn> program) {
    std::set<std::size_t> starts;
    for (std::size_t pc = 0; pc < program.size(); ++pc) {
        const Op op = *decode(program[pc]);
        if (op == Op::call_local || op == Op::lddw_func)
            starts.insert(
                static_cast<std::size_t>(static_cast<std::int64_t>(pc) + 1 + program[pc].imm));
        pc += slots(op) - 1;
    }
    return starts;
}

bool is_tail_call(const Insn& insn) {
    const Helper* helper = helper_by_id(static_cast<std::uint32_t>(insn.imm));
    return helper != nullptr && helper->name == "tail_call";
}

/// What calls, and the legacy loads that count as calls, leave unspecified.
void poison_after(Edit& edit, Op op, const Insn& insn, std::int32_t garbage) {
    const Family family = info(op).family;
    if (family == Family::call || family == Family::ld_abs || family == Family::ld_ind)
        fill(edit.after, 1, 5, garbage);
    if (op == Op::call_helper && is_tail_call(insn)) fill(edit.after, 0, 0, garbage);
}

/// @param tail_called programs begin with r1 only, others also with the context's size in r2.
std::optional<std::vector<Insn>> poisoned(std::span<const Insn> program, bool tail_called,
                                          std::int32_t garbage) {
    std::vector<Edit> edits(program.size());
    fill(edits[0].before, 0, 0, garbage);
    fill(edits[0].before, tail_called ? 2 : 3, 9, garbage);
    fill_stack(edits[0].before, garbage);
    for (const std::size_t start : subprogram_starts(program)) {
        if (start == 0) continue;
        fill(edits[start].before, 0, 0, garbage);
        fill(edits[start].before, 6, 9, garbage);
        fill_stack(edits[start].before, garbage);
    }
    for (std::size_t pc = 0; pc < program.size(); ++pc) {
        const Op op = *decode(program[pc]);
        poison_after(edits[pc], op, program[pc], garbage);
        pc += slots(op) - 1;
    }
    return rewritten(program, edits);
}

bool is_tail_called(const ObjectSpec& object, std::string_view program) {
    return std::ranges::any_of(object.maps, [&](const MapSpec& map) {
        return std::ranges::find(map.slots, program, &MapSlot::target) != map.slots.end();
    });
}

/// Runs a case on the checked interpreter. Two of these hold different memory.
class Reference {
public:
    /// Results of all runs, without what depends on the length of programs; nothing if one is
    /// refused.
    std::optional<std::vector<RunResult>> run(const Case& of) {
        auto instance = engine_.instantiate(of);
        if (!instance) return std::nullopt;
        instance_ = std::move(*instance);
        std::vector<RunResult> results;
        for (const CaseRun& run : of.runs) {
            auto result = instance_->run(run.program, run.input);
            if (!result) return std::nullopt;
            result->insns = 0;
            if (result->trap) result->trap->pc = 0;
            results.push_back(std::move(*result));
        }
        return results;
    }

    /// The same where stack, heap and packet have other addresses.
    std::optional<std::vector<RunResult>> run_elsewhere(const Case& of) {
        const auto packet = Packet::create();  // Takes the usual place.
        std::optional<std::vector<RunResult>> results;
        std::thread([&] { results = run(of); }).join();
        return results;
    }

private:
    Contender engine_{{"interp_checked", make_interpreter, {.safety = Safety::checked}}};
    std::unique_ptr<Instance> instance_;  ///< Kept, so that its memory is not used again.
};

bool may_happen(const std::optional<Trap>& trap) {
    return !trap || trap->kind == TrapKind::bad_call || trap->kind == TrapKind::call_depth;
}

bool same(const std::vector<RunResult>& a, const std::vector<RunResult>& b) {
    return std::ranges::equal(
        a, b, [](const RunResult& x, const RunResult& y) { return difference(x, y).empty(); });
}

}  // namespace

std::optional<Case> poisoned(const Case& original, std::int32_t garbage) {
    Case result = original;
    for (ProgramSpec& program : result.object.programs) {
        auto insns =
            poisoned(program.insns, is_tail_called(original.object, program.name), garbage);
        if (!insns) return std::nullopt;
        program.insns = std::move(*insns);
        program.functions.clear();
    }
    return result;
}

bool is_well_defined(const Case& of) {
    Reference here;
    const auto results = here.run(of);
    if (!results) return false;
    if (!std::ranges::all_of(*results, [](const RunResult& r) { return may_happen(r.trap); }))
        return false;
    for (const std::int32_t garbage : {0x5a5a5a5a, -0x12345679}) {
        const auto other = poisoned(of, garbage);
        if (!other) return false;
        const auto other_results = Reference().run_elsewhere(*other);
        if (!other_results || !same(*results, *other_results)) return false;
    }
    return true;
}

}  // namespace bpftwin::differential
