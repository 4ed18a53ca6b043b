#include "tests/verifier/live_lines.h"

#include <sstream>

#include "fmt/format.h"
#include "verifier/btf_info.h"
#include "verifier/rows.h"

namespace bpftwin::test {
namespace {

std::string line_of(std::uint32_t at, const verifier::InsnFacts& facts) {
    std::string line = facts.component == 0 ? "    " : fmt::format("{:3} ", facts.component);
    line += fmt::format("{:3}: ", at);
    for (unsigned reg = 0; reg < 10; ++reg)
        line += (facts.live_before >> reg & 1) != 0 ? static_cast<char>('0' + reg) : '.';
    return line;
}

}  // namespace

std::vector<std::string> live_lines(const ProgramSpec& program, const verifier::Flow& flow) {
    std::vector<std::string> lines;
    for (std::uint32_t at = 0; at < flow.insns.size(); ++at)
        if (program.insns[at].code != 0) lines.push_back(line_of(at, flow.insns[at]));
    return lines;
}

std::vector<std::string> live_lines(const std::string& log) {
    std::vector<std::string> lines;
    std::istringstream text(log);
    std::string line;
    while (std::getline(text, line) && line != "Live regs before insn:") {
    }
    while (std::getline(text, line)) {
        constexpr std::size_t registers = 10;
        const auto begin = line.find(": ") + 2;
        const auto end = line.find_first_not_of(".0123456789", begin);
        if (end != begin + registers) break;
        lines.push_back(line.substr(0, end));
    }
    return lines;
}

verifier::Checked<verifier::Flow> early_flow(const ObjectSpec& object, const ProgramSpec& program,
                                             const verifier::KfuncKinds& kfuncs) {
    if (auto checked = verifier::check_func_info(object, program); !checked)
        return std::unexpected(checked.error());
    auto subprograms = verifier::find_subprograms(program, object.btf.get());
    if (!subprograms) return std::unexpected(subprograms.error());
    if (auto checked = verifier::check_btf_info(object, program, *subprograms); !checked)
        return std::unexpected(checked.error());
    const auto ops = verifier::rows_of(program.insns);
    if (!ops) return std::unexpected(ops.error());
    return verifier::find_flow(program, *ops, std::move(*subprograms), kfuncs);
}

}  // namespace bpftwin::test
