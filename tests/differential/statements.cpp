// What functions consist of, and how often of what.
#include <array>
#include <numeric>

#include "tests/differential/calls.h"
#include "tests/differential/flow.h"
#include "tests/differential/rules.h"

namespace bpftwin::differential {
namespace {

/// An instruction of one of these families, each row as likely as the others.
template <Family... families>
bool instruction_of(Draft& draft) {
    const std::array<std::span<const Op>, sizeof...(families)> rows{rows_of(families)...};
    std::size_t count = 0;
    for (const auto& some : rows) count += some.size();
    std::size_t chosen = draft.choices.below(count);
    for (const auto& some : rows) {
        if (chosen < some.size()) return generate(draft, some[chosen]);
        chosen -= some.size();
    }
    return false;
}

struct Kind {
    unsigned weight;
    bool (*generate)(Draft& draft);
};

constexpr auto kinds = std::to_array<Kind>({
    {300, instruction_of<Family::alu, Family::neg, Family::movsx, Family::cast, Family::end>},
    {200, instruction_of<Family::ldx, Family::ldxsx, Family::st, Family::stx, Family::atomic,
                         Family::load_acquire, Family::store_release>},
    {140, instruction_of<Family::jmp>},
    {80, generate_pointer_arithmetic},
    {50, generate_pair},
    {40, instruction_of<Family::lddw>},
    {40, generate_idiom},
    {40, generate_loop},
    {40, instruction_of<Family::call>},
    {30, generate_lookup},
    {25, instruction_of<Family::ja>},
    {25, generate_packet_block},
    {25, instruction_of<Family::ld_abs, Family::ld_ind>},
    {20, generate_callback},
    {10, generate_pointer_branch},
    {10, instruction_of<Family::exit>},
    {6, generate_tail_call},
    {2, generate_trace},
});

constexpr unsigned weight_of_all = [] {
    unsigned sum = 0;
    for (const Kind& kind : kinds) sum += kind.weight;
    return sum;
}();

const Kind& choose_kind(Choices& choices) {
    unsigned left = choices.below(weight_of_all);
    for (const Kind& kind : kinds) {
        if (left < kind.weight) return kind;
        left -= kind.weight;
    }
    return kinds.front();
}

void generate_statement(Draft& draft) {
    draft.top_up();
    while (!choose_kind(draft.choices).generate(draft)) draft.top_up();
}

/// Places the targets from `first` on whose time has come.
void place_due(Draft& draft, std::size_t first) {
    for (std::size_t i = first; i < draft.pending.size();) {
        if (draft.pending[i].statements-- != 0) {
            ++i;
            continue;
        }
        draft.place(draft.pending[i].target);
        draft.pending.erase(draft.pending.begin() + static_cast<std::ptrdiff_t>(i));
    }
}

}  // namespace

void generate_block(Draft& draft, unsigned statements) {
    const std::size_t first = draft.pending.size();
    for (unsigned i = 0; i < statements; ++i) {
        place_due(draft, first);
        generate_statement(draft);
    }
    while (draft.pending.size() > first) {
        draft.place(draft.pending.back().target);
        draft.pending.pop_back();
    }
}

}  // namespace bpftwin::differential
