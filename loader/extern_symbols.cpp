#include "loader/extern_symbols.h"

#include <algorithm>
#include <optional>
#include <unordered_map>

#include "btf/core.h"
#include "btf/near_names.h"
#include "fmt/format.h"
#include "loader/kernel_symbols.h"

namespace bpftwin {
namespace {

BtfKind kind_of(const ExternSpec& spec) {
    return spec.kind == ExternSpec::Kind::function ? BtfKind::func : BtfKind::var;
}

/// What the target calls it: only functions have flavours.
std::string_view wanted_name(const ExternSpec& spec) {
    return spec.kind == ExternSpec::Kind::function ? essential_name(spec.name)
                                                   : std::string_view(spec.name);
}

/// The types in which a symbol is declared.
struct Declaration {
    const Btf* btf;
    std::uint32_t id;
    std::string_view module;  ///< Empty: the kernel itself.
};

class SymbolResolver {
public:
    SymbolResolver(const ObjectSpec& object, const Target& target,
                   std::vector<ExternOutcome>& outcomes)
        : object_(object), target_(target), outcomes_(outcomes), places_(object.externs.size()) {}

    std::vector<SymbolPlace> run() {
        collect();
        for_each_symbol(wanted_.empty() ? "" : target_.symbols,
                        [&](const KernelSymbol& symbol) { note(symbol); });
        for (std::uint32_t i = 0; i < places_.size(); ++i) resolve(i);
        return std::move(places_);
    }

private:
    void collect() {
        for (std::uint32_t i = 0; i < places_.size(); ++i)
            if (is_typeless(object_, object_.externs[i]))
                wanted_.emplace(object_.externs[i].name, i);
    }

    void note(const KernelSymbol& symbol) {
        const auto found = wanted_.find(symbol.name);
        if (found == wanted_.end()) return;
        ExternOutcome& outcome = outcomes_[found->second];
        SymbolPlace& place = places_[found->second];
        if (outcome.state == ExternState::resolved && place.address != symbol.address) {
            outcome.state = ExternState::failed;
            outcome.why = fmt::format("{} has several of that name, at {:#x} and {:#x}",
                                      target_.name, place.address, symbol.address);
        }
        if (outcome.state != ExternState::open) return;
        place.address = symbol.address;
        outcome.state = ExternState::resolved;
        outcome.value = fmt::format("{:#x}", symbol.address);
    }

    void resolve(std::uint32_t index) {
        const ExternSpec& spec = object_.externs[index];
        if (spec.kind == ExternSpec::Kind::config) return;
        ExternOutcome& outcome = outcomes_[index];
        if (is_typeless(object_, spec)) {
            if (outcome.state == ExternState::open) lacks(spec, outcome, no_address(spec));
            return;
        }
        const auto declaration = find(spec);
        if (!declaration) return lacks(spec, outcome, no_declaration(spec));
        const std::string why = difference(spec, *declaration);
        if (why.empty()) return settle(index, *declaration);
        // A variable of another type is an error even where it may be missing.
        lacks(spec, outcome, why);
        if (spec.kind == ExternSpec::Kind::variable) outcome.state = ExternState::failed;
    }

    void settle(std::uint32_t index, const Declaration& declaration) {
        ExternOutcome& outcome = outcomes_[index];
        const bool calls = object_.externs[index].kind == ExternSpec::Kind::function;
        outcome.state = ExternState::resolved;
        outcome.module = declaration.module;
        outcome.value = fmt::format("{} {}", calls ? "function" : "variable", declaration.id);
        places_[index].type_id = declaration.id;
        if (calls) places_[index].module = module_index(declaration.module);
    }

    std::int16_t module_index(std::string_view module) {
        if (module.empty()) return 0;
        const auto found = std::ranges::find(called_, module);
        const auto index = found - called_.begin();
        if (found == called_.end()) called_.push_back(module);
        return static_cast<std::int16_t>(index + 1);
    }

    static void lacks(const ExternSpec& spec, ExternOutcome& outcome, std::string why) {
        outcome.state = spec.weak ? ExternState::absent : ExternState::failed;
        outcome.why = std::move(why);
    }

    [[nodiscard]] std::optional<Declaration> find(const ExternSpec& spec) const {
        if (!target_.types || !object_.btf) return std::nullopt;
        if (const auto id = find_symbol(spec, *target_.types))
            return Declaration{target_.types.get(), *id, {}};
        for (const Target::Module& module : target_.modules)
            if (const auto id = find_symbol(spec, *module.types))
                return Declaration{module.types.get(), *id, module.name};
        return std::nullopt;
    }

    /// Why the target's is another thing than the object declares; empty: it is the same.
    [[nodiscard]] std::string difference(const ExternSpec& spec,
                                         const Declaration& declaration) const {
        const std::uint32_t local = object_.btf->resolve(object_.btf->type(spec.type_id).type);
        const std::uint32_t theirs =
            declaration.btf->resolve(declaration.btf->type(declaration.id).type);
        const auto same = core_compatible(*object_.btf, local, *declaration.btf, theirs);
        if (!same) return same.error().message;
        if (*same) return {};
        return fmt::format("declared as {}, which is not what {} has: {}",
                           describe(*object_.btf, local), target_.name,
                           describe(*declaration.btf, theirs));
    }

    [[nodiscard]] std::string because() const {
        return target_.unknown.empty() ? "" : fmt::format(" ({})", target_.unknown);
    }

    static std::string_view advice(const ExternSpec& spec) {
        if (spec.weak) return "";
        return "; declare it __weak where a program can do without";
    }

    [[nodiscard]] std::string no_address(const ExternSpec& spec) const {
        if (target_.symbols.empty())
            return fmt::format("the symbols of {} are not known{}", target_.name, because());
        std::vector<std::string_view> names;
        for_each_symbol(target_.symbols,
                        [&](const KernelSymbol& symbol) { names.push_back(symbol.name); });
        return fmt::format("{} has no such symbol{}{}", target_.name,
                           did_you_mean(spec.name, names), advice(spec));
    }

    [[nodiscard]] std::string no_declaration(const ExternSpec& spec) const {
        if (!target_.types)
            return fmt::format("the types of {} are not known{}", target_.name, because());
        const BtfKind kind = kind_of(spec);
        std::vector<std::string_view> names;
        for (std::uint32_t id = 1; id < target_.types->type_count(); ++id)
            if (target_.types->kind(id) == kind) names.push_back(target_.types->type(id).name);
        return fmt::format("neither {} nor one of its modules has such a {}{}{}", target_.name,
                           kind == BtfKind::func ? "function" : "variable",
                           did_you_mean(wanted_name(spec), names), advice(spec));
    }

    const ObjectSpec& object_;
    const Target& target_;
    std::vector<ExternOutcome>& outcomes_;
    std::vector<SymbolPlace> places_;
    std::unordered_map<std::string_view, std::uint32_t> wanted_;  ///< Without a type, by name.
    std::vector<std::string_view> called_;                        ///< Modules.
};

}  // namespace

bool is_typeless(const ObjectSpec& object, const ExternSpec& spec) {
    if (spec.kind != ExternSpec::Kind::variable) return false;
    return !object.btf ||
           object.btf->kind(object.btf->resolve(object.btf->type(spec.type_id).type)) ==
               BtfKind::void_;
}

std::optional<std::uint32_t> find_symbol(const ExternSpec& spec, const Btf& types) {
    return types.find(wanted_name(spec), kind_of(spec));
}

std::vector<SymbolPlace> resolve_symbols(const ObjectSpec& object, const Target& target,
                                         std::vector<ExternOutcome>& outcomes) {
    return SymbolResolver(object, target, outcomes).run();
}

}  // namespace bpftwin
