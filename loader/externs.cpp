#include "loader/externs.h"

#include <algorithm>
#include <tuple>

#include "btf/c_layout.h"
#include "fmt/format.h"

namespace bpftwin {
namespace {

/// A few bytes of a file can declare large variables.
constexpr std::uint32_t most_config_bytes = 1U << 20;

/// Variables and functions of a section of externs by name, with their types.
using Declared = std::unordered_map<std::string_view, std::uint32_t>;

Declared declared_in(const Btf& btf, std::string_view section) {
    Declared declared;
    const auto id = btf.find(section, BtfKind::datasec);
    if (!id) return declared;
    for (const BtfSectionVar& var : btf.section_vars(btf.type(*id)))
        declared.emplace(btf.type(var.type).name, var.type);
    return declared;
}

struct Candidate {
    ExternSpec spec;
    std::uint32_t alignment = 0;  ///< Of configuration values.

    /// Sorts as libbpf does: values by falling alignment, then size, then all by name.
    [[nodiscard]] auto rank() const {
        return std::tuple(spec.kind != ExternSpec::Kind::config, ~alignment, spec.size,
                          std::string_view(spec.name));
    }
};

Result<Candidate> config_value(const Btf& btf, ExternSpec spec) {
    const BtfType& variable = btf.type(spec.type_id);
    if (variable.kind != BtfKind::var || !config_form(btf, variable.type))
        return fail(
            fmt::format("extern {} in section {}: is no bool, integer, char, char array or enum "
                        "libbpf_tristate, which configuration values are",
                        spec.name, config_section));
    const std::uint64_t size = btf.size_of(variable.type).value_or(0);
    if (size > most_config_bytes)
        return fail(fmt::format("extern {} in section {}: {} bytes; at most {} are supported",
                                spec.name, config_section, size, most_config_bytes));
    spec.kind = ExternSpec::Kind::config;
    spec.size = static_cast<std::uint32_t>(size);
    return Candidate{std::move(spec), CLayout(btf).alignment(variable.type)};
}

/// Gives values their offsets, in their order.
Result<void> lay_out(std::vector<Candidate>& candidates) {
    std::uint32_t end = 0;
    for (Candidate& one : candidates) {
        if (one.spec.kind != ExternSpec::Kind::config) continue;
        one.spec.offset = (end + one.alignment - 1) / one.alignment * one.alignment;
        end = one.spec.offset + one.spec.size;
        if (end > most_config_bytes)
            return fail(
                fmt::format("section {}: more than {} bytes", config_section, most_config_bytes));
    }
    return {};
}

/// What the symbol wants, or nothing where BTF knows nothing of it: then an instruction that refers
/// to it is an error.
Result<std::optional<Candidate>> candidate(const Btf& btf, const ElfSymbol& symbol,
                                           const Declared& values, const Declared& symbols) {
    ExternSpec spec{.name = std::string(symbol.name),
                    .kind = ExternSpec::Kind::variable,
                    .weak = symbol.is_weak(),
                    .type_id = 0};
    if (const auto found = values.find(symbol.name); found != values.end()) {
        spec.type_id = found->second;
        auto value = config_value(btf, std::move(spec));
        if (!value) return std::unexpected(value.error());
        return std::move(*value);
    }
    const auto found = symbols.find(symbol.name);
    if (found == symbols.end()) return std::nullopt;
    spec.type_id = found->second;
    if (btf.kind(spec.type_id) == BtfKind::func) spec.kind = ExternSpec::Kind::function;
    return Candidate{std::move(spec)};
}

Result<std::vector<Candidate>> candidates(const ElfFile& elf, const Btf& btf) {
    const Declared values = declared_in(btf, config_section);
    const Declared symbols = declared_in(btf, ".ksyms");
    std::vector<Candidate> found;
    if (values.empty() && symbols.empty()) return found;
    for (const ElfSymbol& symbol : elf.symbols()) {
        if (!symbol.is_extern() || symbol.name.empty()) continue;
        auto one = candidate(btf, symbol, values, symbols);
        if (!one) return std::unexpected(one.error());
        if (*one) found.push_back(std::move(**one));
    }
    return found;
}

}  // namespace

Result<Externs> Externs::read(const ElfFile& elf, const Btf& btf) {
    auto found = candidates(elf, btf);
    if (!found) return std::unexpected(found.error());
    std::ranges::stable_sort(*found, {}, &Candidate::rank);
    if (auto done = lay_out(*found); !done) return std::unexpected(done.error());
    Externs externs;
    for (Candidate& one : *found) {
        externs.by_name_.emplace(one.spec.name,
                                 static_cast<std::uint32_t>(externs.externs_.size()));
        externs.externs_.push_back(std::move(one.spec));
    }
    return externs;
}

std::optional<std::uint32_t> Externs::find(std::string_view name) const {
    const auto found = by_name_.find(std::string(name));
    return found == by_name_.end() ? std::nullopt : std::optional(found->second);
}

std::optional<DatasecLayout> Externs::config_layout() const {
    DatasecLayout layout{.name = config_section, .size = 0, .offsets = {}};
    for (const ExternSpec& one : externs_) {
        if (one.kind != ExternSpec::Kind::config) continue;
        layout.offsets.emplace(one.name, one.offset);
        layout.size = one.offset + one.size;
    }
    return layout.size == 0 ? std::nullopt : std::optional(std::move(layout));
}

}  // namespace bpftwin
