#include "verifier/flow.h"

#include <algorithm>

#include "verifier/flow_walk.h"

namespace bpftwin::verifier {

std::uint32_t Flow::subprogram_of(std::uint32_t insn) const {
    const auto after = std::ranges::upper_bound(subprograms, insn, {}, &Subprogram::start);
    return static_cast<std::uint32_t>(after - subprograms.begin() - 1);
}

int Flow::subprogram_at(std::uint32_t insn) const {
    const std::uint32_t index = subprogram_of(insn);
    return subprograms[index].start == insn ? static_cast<int>(index) : -1;
}

Checked<Flow> find_flow(const ProgramSpec& program, std::span<const Op> ops,
                        std::vector<Subprogram> subprograms, const KfuncKinds& kfuncs) {
    const Code code{program, ops, kfuncs};
    Flow flow{std::move(subprograms), std::vector<InsnFacts>(ops.size())};
    if (auto checked = check_cfg(code, flow); !checked) return std::unexpected(checked.error());
    find_components(code, flow.insns);
    find_live_registers(code, flow.insns);
    find_fastcall_patterns(code, flow);
    return flow;
}

}  // namespace bpftwin::verifier
