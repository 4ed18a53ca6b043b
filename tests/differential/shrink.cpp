#include "tests/differential/shrink.h"

#include <algorithm>

#include "isa/builder.h"
#include "isa/decode.h"
#include "tests/differential/rewrite.h"

namespace bpftwin::differential {
namespace {

constexpr Insn nothing = build::ja(0);

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
            program.insns = {build::mov(build::r0, 0), build::exit()};
            program.functions.clear();
            if (!take(std::move(candidate))) left_.push_back(i);
        }
    }

    bool drop_instructions() {
        bool dropped = false;
        for (const std::size_t i : left_)
            for (std::size_t size = best_.object.programs[i].insns.size(); size > 0; size /= 2)
                dropped |= drop_groups(i, size);
        return dropped;
    }

    /// Tries without each group of `size` instructions.
    bool drop_groups(std::size_t program, std::size_t size) {
        bool dropped = false;
        for (std::size_t first = 0; first < best_.object.programs[program].insns.size();
             first += size) {
            Case candidate = best_;
            auto& insns = candidate.object.programs[program].insns;
            erase(insns, first, std::min(first + size, insns.size()));
            if (insns != best_.object.programs[program].insns)
                dropped |= take(std::move(candidate));
        }
        return dropped;
    }

    /// Both slots of an instruction go, or none.
    static void erase(std::vector<Insn>& insns, std::size_t first, std::size_t end) {
        for (std::size_t pc = 0; pc < end;) {
            const std::size_t next = pc + slots(*decode(insns[pc]));
            if (pc >= first)
                std::fill(insns.begin() + static_cast<std::ptrdiff_t>(pc),
                          insns.begin() + static_cast<std::ptrdiff_t>(next), nothing);
            pc = next;
        }
    }

    void remove_nothings() {
        for (const std::size_t i : left_) {
            Case candidate = best_;
            ProgramSpec& program = candidate.object.programs[i];
            std::vector<Edit> edits(program.insns.size());
            for (std::size_t pc = 0; pc < edits.size(); ++pc)
                edits[pc].keep = program.insns[pc] != nothing;
            const auto shorter = rewritten(program.insns, edits);
            if (!shorter || shorter->empty()) continue;
            program.insns = *shorter;
            program.functions.clear();
            take(std::move(candidate));
        }
    }

    Case best_;
    std::vector<std::size_t> left_;  ///< Programs that matter.
    const std::function<bool(const Case&)>& fails_;
    unsigned rounds_ = 0;
};

}  // namespace

Case shrink(Case failing, const std::function<bool(const Case&)>& fails) {
    return Shrinker(std::move(failing), fails).run();
}

}  // namespace bpftwin::differential
