// Pairs of instructions that the fast interpreter runs in one step.
#include <array>
#include <utility>

#include "tests/differential/rules.h"

namespace bpftwin::differential {
namespace {

constexpr auto pairs = std::to_array<std::pair<Op, Op>>({
#define PAIR(first, second) {Op::first, Op::second},
#define PAIR_BRANCH(first, second) {Op::first, Op::second},
#include "vm/pairs.def"
});

}  // namespace

bool generate_pair(Draft& draft) {
    const auto& [first, second] = draft.choices.of(pairs);
    return generate(draft, first) && generate(draft, second);
}

}  // namespace bpftwin::differential
