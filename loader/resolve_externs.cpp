// Externs of an object resolved against a target (libbpf's bpf_object__resolve_externs) and written
// into the instructions that refer to them (bpf_object__relocate_data).
#include <algorithm>

#include "bpftwin/target.h"
#include "btf/source.h"
#include "fmt/format.h"
#include "isa/builder.h"
#include "loader/core_patch.h"
#include "loader/extern_config.h"
#include "loader/extern_symbols.h"

namespace bpftwin {
namespace {

/// The helper that a call of a missing function calls is this and the index of its extern: libbpf's
/// users know it by that.
constexpr std::int32_t missing_function = 2002000000;

bool is_call(const Insn& insn) { return slots_of(insn) == 1; }

Insn call_of(const SymbolPlace& place, ExternState state, std::uint32_t index) {
    if (state == ExternState::absent)
        return build::call(missing_function + static_cast<std::int32_t>(index));
    return build::call_kfunc(static_cast<std::int32_t>(place.type_id), place.module);
}

/// Both slots of a load are of the place; the first keeps its register.
void set_load(Insn* slots, const SymbolPlace& place) {
    slots[0].src = place.type_id != 0 ? pseudo::btf_id & 0xf : 0;
    slots[0].imm = static_cast<std::int32_t>(
        place.type_id != 0 ? place.type_id : static_cast<std::uint32_t>(place.address));
    slots[1].imm = static_cast<std::int32_t>(place.address >> 32);
}

/// " (file.c:12: x = y;)", or nothing where that is not known.
std::string used_at(const ProgramSpec& program, const Btf* btf, std::uint32_t insn) {
    const auto source = source_at(program, btf, insn);
    return source ? fmt::format(" ({}:{}: {})", source->file, source->line, source->text) : "";
}

/// Whether all slots that a caller may have edited are there.
bool has_instruction(const ProgramSpec& program, const ExternReference& reference) {
    const auto& insns = program.insns;
    if (reference.insn >= insns.size()) return false;
    return slots_of(insns[reference.insn]) <= insns.size() - reference.insn;
}

class References {
public:
    References(ObjectSpec& object, const std::vector<ExternOutcome>& outcomes,
               std::vector<SymbolPlace> places)
        : object_(object), outcomes_(outcomes), places_(std::move(places)) {}

    void write() {
        for (ProgramSpec& program : object_.programs)
            for (ExternReference& reference : program.externs) write(program, reference);
    }

private:
    void write(ProgramSpec& program, ExternReference& reference) {
        if (reference.index >= outcomes_.size() || !has_instruction(program, reference)) {
            reference.state = ExternState::failed;
            reference.why = "no instruction refers to an extern that the object declares";
            return;
        }
        const ExternOutcome& outcome = outcomes_[reference.index];
        reference.state = outcome.state;
        reference.module = outcome.module;
        reference.why = outcome.why;
        if (outcome.state == ExternState::failed)
            reference.why += used_at(program, object_.btf.get(), reference.insn);
        if (object_.externs[reference.index].kind != ExternSpec::Kind::config)
            patch(program, reference);
    }

    void patch(ProgramSpec& program, const ExternReference& reference) {
        const bool found = reference.state == ExternState::resolved;
        const SymbolPlace place = found ? places_[reference.index] : SymbolPlace{};
        Insn* slots = &program.insns[reference.insn];
        if (is_call(*slots))
            *slots = call_of(place, reference.state, reference.index);
        else
            set_load(slots, place);
    }

    ObjectSpec& object_;
    const std::vector<ExternOutcome>& outcomes_;
    std::vector<SymbolPlace> places_;
};

}  // namespace

std::string_view name_of(ExternState state) {
    switch (state) {
        case ExternState::open: return "open";
        case ExternState::resolved: return "resolved";
        case ExternState::absent: return "absent";
        case ExternState::failed: return "failed";
    }
    bug("a state out of range");
}

std::vector<ExternOutcome> resolve_externs(ObjectSpec& object, const Target& target) {
    std::vector<ExternOutcome> outcomes;
    for (const ExternSpec& spec : object.externs)
        outcomes.push_back({.name = spec.name, .state = ExternState::open});
    resolve_config(object, target, outcomes);
    auto places = resolve_symbols(object, target, outcomes);
    References(object, outcomes, std::move(places)).write();
    return outcomes;
}

namespace {

/// Values of a configuration that libbpf finds out by asking a kernel's types.
bool asks_types(const ExternSpec& spec) { return spec.name.starts_with("LINUX_HAS_"); }

void add_need(TargetNeeds& needs, const ObjectSpec& object, const ExternSpec& spec) {
    if (spec.kind != ExternSpec::Kind::config)
        (is_typeless(object, spec) ? needs.symbols : needs.types) = true;
    else if (spec.name.starts_with("CONFIG_"))
        needs.config = true;
    else
        (asks_types(spec) ? needs.types : needs.version) = true;
}

/// Whether a type of that name, or a flavour of it, is one of the kernel itself.
bool has_type(const Btf& types, std::string_view name) {
    return name.empty() || !types.flavours(essential_name(name)).empty();
}

}  // namespace

TargetNeeds needs_of(const ObjectSpec& object) {
    TargetNeeds needs;
    for (const ExternSpec& spec : object.externs) add_need(needs, object, spec);
    for (const ProgramSpec& program : object.programs)
        if (!program.core_relocations.empty()) needs.types = true;
    return needs;
}

bool asks_for_modules(const ObjectSpec& object, const Btf& types) {
    const auto is_elsewhere = [&](const ExternSpec& spec) {
        return spec.kind != ExternSpec::Kind::config && !is_typeless(object, spec) &&
               !find_symbol(spec, types);
    };
    if (std::ranges::any_of(object.externs, is_elsewhere)) return true;
    return std::ranges::any_of(object.programs, [&](const ProgramSpec& program) {
        return std::ranges::any_of(program.core_relocations, [&](const CoreRelocation& relocation) {
            return object.btf && !has_type(types, object.btf->type(relocation.type_id).name);
        });
    });
}

}  // namespace bpftwin
