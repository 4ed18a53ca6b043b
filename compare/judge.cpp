#include "compare/judge.h"

#include <unistd.h>

#include <algorithm>
#include <fstream>
#include <iterator>
#include <string>
#include <unordered_set>

#include "bpftwin/verify.h"
#include "compare/engines.h"
#include "fmt/format.h"
#include "loader/kernel_symbols.h"

namespace bpftwin::compare {
namespace {

/// The object with its relocations and externs resolved for this machine's kernel, as kernels do it
/// for themselves.
Result<ObjectSpec> ready_here(const ObjectSpec& object) {
    ObjectSpec ready = object;
    if (!needs_of(ready).any()) return ready;
    auto target = target_for(ready);
    if (!target) return std::unexpected(target.error());
    if (target->types) resolve_core(ready, *target);
    resolve_externs(ready, *target);
    return ready;
}

/// Why the program is no question for a verifier, or nothing.
std::string missing_in(const ProgramSpec& program) {
    if (program.type == ProgType::unspec)
        return fmt::format("section \"{}\" says no program type", program.section);
    for (const ExternReference& reference : program.externs)
        if (reference.state == ExternState::failed)
            return fmt::format("insn {}: {}: {}", reference.insn, reference.name, reference.why);
    for (const CoreRelocation& relocation : program.core_relocations)
        if (relocation.state == CoreState::failed)
            return fmt::format("insn {}: CO-RE relocation: {}", relocation.insn, relocation.why);
    return {};
}

std::shared_ptr<const Btf> types_here() {
    static const auto types = load_btf_file("/sys/kernel/btf/vmlinux");
    return types ? *types : nullptr;
}

/// Names of what this machine's kernel has an address for.
const std::unordered_set<std::string>& symbols_here() {
    static const auto symbols = [] {
        std::unordered_set<std::string> names;
        std::ifstream list("/proc/kallsyms");
        const std::string text{std::istreambuf_iterator<char>(list), {}};
        for_each_symbol(text, [&](const KernelSymbol& symbol) { names.emplace(symbol.name); });
        return names;
    }();
    return symbols;
}

bool has_symbol_here(std::string_view name) {
    return symbols_here().empty() || symbols_here().contains(std::string(name));
}

class OwnJudge final : public Judge {
public:
    [[nodiscard]] std::string release() const override { return "bpftwin"; }
    [[nodiscard]] bool alive() override { return true; }

    Result<std::vector<Verdict>> judge(const ObjectSpec& object,
                                       std::span<const std::string> programs,
                                       std::uint32_t log_level) override {
        auto ready = ready_here(object);
        if (!ready) return std::unexpected(ready.error());
        std::vector<Verdict> verdicts;
        for (const std::string& name : programs) {
            const ProgramSpec* program = ready->program(name);
            if (!program) return fail(fmt::format("no program '{}' in {}", name, object.name));
            verdicts.push_back(verify_ready(*ready, *program, {.log_level = log_level}));
        }
        return verdicts;
    }
};

}  // namespace

Result<std::unique_ptr<Judge>> make_judge(std::string_view name) {
    if (name == "bpftwin") return std::make_unique<OwnJudge>();
    if (is_kernel(name)) return make_kernel_judge(name);
    return fail(fmt::format("'{}' has no verifier; there are bpftwin, kernel and vm:IMAGE", name));
}

std::shared_ptr<const Btf> kernel_types_here() { return types_here(); }

Verdict verify_ready(const ObjectSpec& object, const ProgramSpec& program, const ReadyFor& kernel) {
    if (std::string missing = missing_in(program); !missing.empty())
        return {.reason = std::move(missing)};
    VerifyOptions options{.log_level = kernel.log_level, .kernel_types = kernel.types};
    options.claims = kernel.claims;
    if (kernel.this_machine) options.has_symbol = has_symbol_here;
    const long here = std::max(1L, sysconf(_SC_NPROCESSORS_CONF));
    options.cpus = kernel.cpus != 0 ? kernel.cpus : static_cast<std::uint32_t>(here);
    Verdict verdict = verify(object, program, options);
    // Few programs need the kernel's types, which take time to read.
    const bool may_need_types = verdict.answer == Answer::unsupported && !options.kernel_types;
    if (!may_need_types || !kernel.this_machine) return verdict;
    options.kernel_types = types_here();
    return options.kernel_types ? verify(object, program, options) : verdict;
}

}  // namespace bpftwin::compare
