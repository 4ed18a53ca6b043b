#include "tests/differential/rewrite.h"

#include <cstdint>

#include "isa/decode.h"
#include "isa/encode.h"

namespace bpftwin::differential {
namespace {

/// Where instructions of the old program begin in the new one, and where they stand.
struct Layout {
    std::vector<std::int64_t> begin;
    std::vector<std::int64_t> at;
};

void append(std::vector<Insn>& to, std::span<const Insn> some) {
    to.insert(to.end(), some.begin(), some.end());
}

}  // namespace

std::optional<std::vector<Insn>> rewritten(std::span<const Insn> program,
                                           std::span<const Edit> edits) {
    if (!validate(program)) return std::nullopt;
    std::vector<Insn> result;
    Layout layout{std::vector<std::int64_t>(program.size()),
                  std::vector<std::int64_t>(program.size(), -1)};
    for (std::size_t pc = 0; pc < program.size(); ++pc) {
        const unsigned count = slots(*decode(program[pc]));
        layout.begin[pc] = static_cast<std::int64_t>(result.size());
        append(result, edits[pc].before);
        layout.at[pc] = static_cast<std::int64_t>(result.size());
        if (edits[pc].keep) append(result, program.subspan(pc, count));
        append(result, edits[pc].after);
        pc += count - 1;
    }
    for (std::size_t pc = 0; pc < program.size(); ++pc) {
        if (layout.at[pc] < 0 || !edits[pc].keep) continue;
        const Op op = *decode(program[pc]);
        const Fields field = target_field(op);
        if (field == no_field) continue;
        const std::int64_t distance = field == off_field ? program[pc].off : program[pc].imm;
        const auto target = static_cast<std::size_t>(static_cast<std::int64_t>(pc) + 1 + distance);
        Insn& moved = result[static_cast<std::size_t>(layout.at[pc])];
        if (!aim(moved, op, layout.begin[target] - layout.at[pc] - 1)) return std::nullopt;
    }
    return result;
}

}  // namespace bpftwin::differential
