// CO-RE relocations of an object's programs (libbpf's bpf_object__relocate_core): answers come from
// btf/core_resolver.h, here they are written into instructions and told.
#include <algorithm>

#include "bpftwin/target.h"
#include "btf/core_resolver.h"
#include "fmt/format.h"
#include "loader/core_patch.h"

namespace bpftwin {
namespace {

std::vector<CoreResolver::Types> types_of(const Target& target) {
    std::vector<CoreResolver::Types> types{{target.types.get(), {}}};
    for (const Target::Module& module : target.modules)
        types.push_back({module.types.get(), module.name});
    return types;
}

/// Why there is no answer.
std::string no_answer(const CoreAnswer& answer, const Target& target, bool has_candidates) {
    const BtfType& root = answer.local.btf->type(answer.local.root);
    const std::string wanted =
        fmt::format("{} of {}", name_of(answer.local.kind), to_text(answer.local));
    if (answer.target)
        return fmt::format("{}: {} has {}, of another size", wanted, target.name,
                           to_text(*answer.target));
    if (!has_candidates)
        return fmt::format("{}: {} has no type {}", wanted, target.name, essential_name(root.name));
    return fmt::format("{}: no type {} of {} has it", wanted, essential_name(root.name),
                       target.name);
}

/// The slots of an instruction, or an Error where there is none.
Result<std::span<Insn>> slots_at(ProgramSpec& program, std::uint32_t insn) {
    const std::span<Insn> insns(program.insns);
    if (insn >= insns.size() || slots_of(insns[insn]) > insns.size() - insn)
        return fail("there is no whole instruction");
    return insns.subspan(insn, slots_of(insns[insn]));
}

/// Makes the instruction again what the compiler wrote.
void reopen(ProgramSpec& program, CoreRelocation& relocation) {
    if (relocation.state == CoreState::applied || relocation.state == CoreState::poisoned)
        std::copy_n(relocation.compiled.begin(), slots_of(relocation.compiled[0]),
                    program.insns.begin() + relocation.insn);
    relocation.state = CoreState::open;
    relocation.why.clear();
}

/// Resolves the relocations of one object, program by program.
class CoreRelocator {
public:
    CoreRelocator(const Btf& local, const Target& target)
        : target_(target), resolver_(local, types_of(target)) {}

    void run(ProgramSpec& program) {
        for (CoreRelocation& relocation : program.core_relocations) {
            reopen(program, relocation);
            CoreOutcome outcome{.program = program.name};
            if (auto done = resolve(program, relocation, outcome); !done) {
                relocation.state = CoreState::failed;
                relocation.why = where(outcome) + done.error().message;
            }
            outcome.relocation = relocation;
            outcomes_.push_back(std::move(outcome));
        }
    }

    std::vector<CoreOutcome> take() { return std::move(outcomes_); }

private:
    static std::string where(const CoreOutcome& outcome) {
        return outcome.local.empty() ? "" : fmt::format("{} of {}: ", outcome.kind, outcome.local);
    }

    Result<void> resolve(ProgramSpec& program, CoreRelocation& relocation, CoreOutcome& outcome) {
        const auto kind = core_kind(relocation.kind);
        if (!kind) return fail(fmt::format("there is no CO-RE relocation {}", relocation.kind));
        outcome.kind = name_of(*kind);
        const auto slots = slots_at(program, relocation.insn);
        if (!slots) return std::unexpected(slots.error());
        outcome.before.assign(slots->begin(), slots->end());
        const auto answer = resolver_.resolve(*kind, relocation.type_id, relocation.access);
        if (!answer) return std::unexpected(answer.error());
        tell(*answer, outcome);
        return apply(*slots, *answer, relocation, outcome);
    }

    static void tell(const CoreAnswer& answer, CoreOutcome& outcome) {
        outcome.local = to_text(answer.local);
        if (answer.target) outcome.target = to_text(*answer.target);
        outcome.module = answer.module;
    }

    Result<void> apply(std::span<Insn> slots, const CoreAnswer& answer, CoreRelocation& relocation,
                       CoreOutcome& outcome) {
        std::ranges::copy(slots, relocation.compiled.begin());
        if (auto patched = patch(slots, answer.fix); !patched) return patched;
        outcome.after.assign(slots.begin(), slots.end());
        relocation.state = CoreState::applied;
        if (!is_poisoned(slots.front())) return {};
        relocation.state = CoreState::poisoned;
        const bool has_candidates = !resolver_.candidates(answer.local.root).empty();
        relocation.why = no_answer(answer, target_, has_candidates);
        return {};
    }

    const Target& target_;
    CoreResolver resolver_;
    std::vector<CoreOutcome> outcomes_;
};

/// Nothing can be resolved: every relocation says why.
std::vector<CoreOutcome> unresolved(ObjectSpec& object, const std::string& why) {
    std::vector<CoreOutcome> outcomes;
    for (ProgramSpec& program : object.programs)
        for (CoreRelocation& relocation : program.core_relocations) {
            reopen(program, relocation);
            relocation.state = CoreState::failed;
            relocation.why = why;
            outcomes.push_back({.program = program.name, .relocation = relocation});
        }
    return outcomes;
}

}  // namespace

std::string_view name_of(CoreState state) {
    switch (state) {
        case CoreState::open: return "open";
        case CoreState::applied: return "applied";
        case CoreState::poisoned: return "poisoned";
        case CoreState::failed: return "failed";
    }
    bug("a state out of range");
}

std::vector<CoreOutcome> resolve_core(ObjectSpec& object, const Target& target) {
    if (!object.btf) return {};
    if (!target.types)
        return unresolved(object, fmt::format("the types of {} are not known", target.name));
    CoreRelocator relocator(*object.btf, target);
    for (ProgramSpec& program : object.programs) relocator.run(program);
    return relocator.take();
}

}  // namespace bpftwin
