#include "tests/differential/shrink.h"

#include <algorithm>

#include "isa/builder.h"
#include "isa/decode.h"
#include "tests/differential/rewrite.h"

namespace bpftwin::differential {
namespace {

constexpr Insn no_instruction = build::ja(0);

class Shrinker {
public:
    Shrinker(Case failing, const std::function<bool(const Case&)>& fails)
        : best_(std::move(failing)), fails_(fails) {}

    Case run() {
        // The last run may be another one soon.
        for (CaseRun& run : best_.runs) run.input.want_maps = true;
        drop_runs();
        empty_programs();
        while (drop_instructions() && ++rounds_ < most_rounds) {
        }
        remove_nothings();
        return std::move(best_);
    }

private:
    static constexpr unsigned most_rounds = 8;

    bool take(Case candidate) {
        if (!fails_(candidate)) return false;
        best_ = std::move(candidate);
        return true;
    }

    void drop_runs() {
        for (std::size_t i = best_.runs.size(); i-- > 0;) {
            Case candidate = best_;
            candidate.runs.erase(candidate.runs.begin() + static_cast<std::ptrdiff_t>(i));
            take(std::move(candidate));
        }
    }

    void empty_programs() {
        for (std::size_t i = 0; i < best_.object.programs.size(); ++i) {
            Case candidate = best_;
            ProgramSpec& program = candidate.object.programs[i];
            program.insns = nothing();
            program.functions.clear();
            if (!take(std::move(candidate))) left_.push_back(i);
        }
    }

    bool drop_instructions() {
        bool dropped = false;
        for (const std::size_t i : left_)
            for (std::size_t size = insns(i).size(); size > 0; size /= 2)
                dropped |= drop_groups(i, size);
        return dropped;
    }

    /// Tries without each group of `size` instructions.
    bool drop_groups(std::size_t program, std::size_t size) {
        bool dropped = false;
        for (std::size_t first = 0; first < insns(program).size(); first += size) {
            Case candidate = best_;
            auto& fewer = candidate.object.programs[program].insns;
            erase(fewer, first, std::min(first + size, fewer.size()));
            if (fewer != insns(program)) dropped |= take(std::move(candidate));
        }
        return dropped;
    }

    /// Both slots of an instruction go, or none.
    static void erase(std::vector<Insn>& code, std::size_t first, std::size_t end) {
        for (std::size_t pc = 0; pc < end;) {
            const std::size_t next = pc + slots(*decode(code[pc]));
            if (pc >= first)
                std::fill(code.begin() + static_cast<std::ptrdiff_t>(pc),
                          code.begin() + static_cast<std::ptrdiff_t>(next), no_instruction);
            pc = next;
        }
    }

    /// Some may have to stay: they can keep an engine from seeing two instructions as one.
    void remove_nothings() {
        for (const std::size_t i : left_)
            for (std::size_t size = insns(i).size(); size > 0; size /= 2)
                for (std::size_t first = 0; first < insns(i).size(); first += size)
                    remove_nothings(i, first, first + size);
    }

    void remove_nothings(std::size_t program, std::size_t first, std::size_t end) {
        std::vector<Edit> edits(insns(program).size());
        bool any = false;
        for (std::size_t pc = first; pc < std::min(end, edits.size()); ++pc) {
            edits[pc].keep = insns(program)[pc] != no_instruction;
            any |= !edits[pc].keep;
        }
        const auto shorter = rewritten(insns(program), edits);
        if (!any || !shorter || shorter->empty()) return;
        Case candidate = best_;
        ProgramSpec& changed = candidate.object.programs[program];
        changed.insns = *shorter;
        changed.functions.clear();
        move_up(changed.func_info, edits);
        move_up(changed.line_info, edits);
        take(std::move(candidate));
    }

    /// Where functions and lines begin after edits that only remove.
    template <class Records>
    static void move_up(Records& records, std::span<const Edit> edits) {
        const auto removed_before = [&](std::uint32_t insn) {
            return std::ranges::count(edits.first(insn), false, &Edit::keep);
        };
        for (auto& record : records)
            record.insn -= static_cast<std::uint32_t>(removed_before(record.insn));
    }

    [[nodiscard]] const std::vector<Insn>& insns(std::size_t program) const {
        return best_.object.programs[program].insns;
    }

    Case best_;
    std::vector<std::size_t> left_;  ///< Programs that matter.
    const std::function<bool(const Case&)>& fails_;
    unsigned rounds_ = 0;
};

}  // namespace

std::vector<Insn> nothing() { return {build::mov(build::r0, 0), build::exit()}; }

Case shrink(Case failing, const std::function<bool(const Case&)>& fails) {
    return Shrinker(std::move(failing), fails).run();
}

}  // namespace bpftwin::differential
