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

/// Why there is no answer, in a sentence that begins with the kind.
std::string no_answer(const CoreAnswer& answer, const Target& target, bool has_candidates) {
    const BtfType& root = answer.local.btf->type(answer.local.root);
    if (answer.target)
        return fmt::format("{} has another size in {}: {}", to_text(answer.local), target.name,
                           to_text(*answer.target));
    if (!has_candidates)
        return fmt::format("{}: {} has no type {}", to_text(answer.local), target.name,
                           essential_name(root.name));
    return fmt::format("{}: no type {} of {} has it", to_text(answer.local),
                       essential_name(root.name), target.name);
}

/// Resolves the relocations of one object, program by program.
class CoreRelocator {
public:
    CoreRelocator(const Btf& local, const Target& target)
        : target_(target), resolver_(local, types_of(target)) {}

    void run(ProgramSpec& program) {
        for (CoreRelocation& relocation : program.core_relocations) {
            CoreOutcome outcome{.program = program.name, .relocation = relocation};
            const auto done = relocate(program, relocation, outcome);
            if (!done) fail_with(done.error(), outcome);
            relocation.error = outcome.result == CoreResult::failed ? outcome.why : "";
            outcomes_.push_back(std::move(outcome));
        }
        std::erase_if(program.core_relocations,
                      [](const CoreRelocation& r) { return r.error.empty(); });
    }

    std::vector<CoreOutcome> take() { return std::move(outcomes_); }

private:
    static void fail_with(const Error& error, CoreOutcome& outcome) {
        outcome.why = outcome.local.empty() ? error.message
                                            : fmt::format("{}: {}", outcome.local, error.message);
    }

    Result<void> relocate(ProgramSpec& program, const CoreRelocation& relocation,
                          CoreOutcome& outcome) {
        const auto kind = core_kind(relocation.kind);
        if (!kind) return fail(fmt::format("there is no CO-RE relocation {}", relocation.kind));
        outcome.kind = name_of(*kind);
        const auto slots = slots_at(program, relocation.insn);
        if (!slots) return std::unexpected(slots.error());
        outcome.before.assign(slots->begin(), slots->end());
        const auto answer = resolver_.resolve(*kind, relocation.type_id, relocation.access);
        if (!answer) return std::unexpected(answer.error());
        tell(*answer, outcome);
        if (auto patched = patch(*slots, answer->fix); !patched) return patched;
        outcome.after.assign(slots->begin(), slots->end());
        outcome.result = CoreResult::applied;
        if (is_poisoned(slots->front())) add_poison(program, *answer, outcome);
        return {};
    }

    static Result<std::span<Insn>> slots_at(ProgramSpec& program, std::uint32_t insn) {
        const auto rest =
            std::span(program.insns).subspan(std::min<std::size_t>(insn, program.insns.size()));
        if (rest.empty() || slots_of(rest.front()) > rest.size())
            return fail("there is no whole instruction");
        return rest.first(slots_of(rest.front()));
    }

    static void tell(const CoreAnswer& answer, CoreOutcome& outcome) {
        outcome.local = to_text(answer.local);
        if (answer.target) outcome.target = to_text(*answer.target);
        outcome.module = answer.module;
    }

    void add_poison(ProgramSpec& program, const CoreAnswer& answer, CoreOutcome& outcome) {
        const bool has_candidates = !resolver_.candidates(answer.local.root).empty();
        outcome.result = CoreResult::poisoned;
        outcome.why = no_answer(answer, target_, has_candidates);
        program.poisoned.push_back({outcome.relocation.insn, outcome.kind + " of " + outcome.why});
    }

    const Target& target_;
    CoreResolver resolver_;
    std::vector<CoreOutcome> outcomes_;
};

/// Nothing can be resolved: every relocation says why.
std::vector<CoreOutcome> unresolved(ObjectSpec& object, std::string_view why) {
    std::vector<CoreOutcome> outcomes;
    for (ProgramSpec& program : object.programs)
        for (CoreRelocation& relocation : program.core_relocations) {
            relocation.error = why;
            outcomes.push_back(
                {.program = program.name, .relocation = relocation, .why = std::string(why)});
        }
    return outcomes;
}

}  // namespace

std::string_view name_of(CoreResult result) {
    switch (result) {
        case CoreResult::applied: return "applied";
        case CoreResult::poisoned: return "poisoned";
        case CoreResult::failed: return "failed";
    }
    bug("a result out of range");
}

std::vector<CoreOutcome> resolve_core(ObjectSpec& object, const Target& target) {
    if (!object.btf) return {};
    if (!target.types) return unresolved(object, "the target's types are not known");
    CoreRelocator relocator(*object.btf, target);
    for (ProgramSpec& program : object.programs) relocator.run(program);
    return relocator.take();
}

}  // namespace bpftwin
