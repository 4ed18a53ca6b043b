#include "loader/code.h"

#include <elf.h>

#include <algorithm>
#include <tuple>

#include "fmt/format.h"

namespace bpftwin {
namespace {

constexpr std::size_t longest_name = 511;  // KSYM_NAME_LEN with its NUL

using Symbols = std::vector<const ElfSymbol*>;

/// A function before its bytes are looked at.
struct Extent {
    const ElfSymbol* symbol;  ///< Null: the section has no symbols.
    std::string_view name;
    std::uint64_t offset;
    std::uint64_t size;
};

/// By offset, then in the symbol table's order.
constexpr auto by_offset = [](const Extent& extent) {
    return std::tuple(extent.offset, extent.symbol);
};

std::vector<Symbols> symbols_by_section(const ElfFile& elf) {
    std::vector<Symbols> result(elf.sections().size());
    for (const auto& symbol : elf.symbols())
        if (symbol.section < result.size()) result[symbol.section].push_back(&symbol);
    return result;
}

std::vector<Extent> typed_functions(const Symbols& symbols) {
    std::vector<Extent> functions;
    for (const auto* symbol : symbols)
        if (symbol->type == STT_FUNC)
            functions.push_back({symbol, symbol->name, symbol->value, symbol->size});
    return functions;
}

/// Labels of basic blocks, which old compilers left in the symbol table.
bool is_block_label(std::string_view name) {
    return name.starts_with("LBB") || name.starts_with("Ltmp") || name.starts_with(".L");
}

/// Functions of LLVM before 8, whose symbols have neither type nor size: each reaches to the next.
std::vector<Extent> untyped_functions(const Symbols& symbols, const ElfSection& section) {
    std::vector<Extent> functions;
    for (const auto* symbol : symbols)
        if (symbol->type == STT_NOTYPE && !symbol->name.empty() && !is_block_label(symbol->name))
            functions.push_back({symbol, symbol->name, symbol->value, 0});
    if (functions.empty()) return {{nullptr, section.name, 0, section.size}};

    std::ranges::sort(functions, {}, by_offset);
    for (std::size_t i = 0; i < functions.size(); ++i) {
        auto end = i + 1 < functions.size() ? functions[i + 1].offset : section.size;
        functions[i].size = std::max(end, functions[i].offset) - functions[i].offset;
    }
    return functions;
}

std::string function_error(const Extent& extent, const ElfSection& section) {
    if (extent.size == 0 || extent.size % sizeof(Insn) != 0 || extent.offset % sizeof(Insn) != 0)
        return fmt::format("offset {} and size {} are not whole instructions", extent.offset,
                           extent.size);
    if (extent.offset > section.size || extent.size > section.size - extent.offset)
        return fmt::format("offset {} and size {} leave the section of {} bytes", extent.offset,
                           extent.size, section.size);
    if (extent.name.size() > longest_name)
        return fmt::format("name is longer than {} characters", longest_name);
    return {};
}

bool is_static(const Extent& extent) { return extent.symbol && extent.symbol->is_local(); }

CodeFunction function_from(const Extent& extent, const ElfSection& section, bool entry) {
    return {.name = extent.name,
            .section = section.index,
            .first = static_cast<std::uint32_t>(extent.offset / sizeof(Insn)),
            .insns = InsnView(section.data.subspan(extent.offset, extent.size)),
            .entry = entry};
}

bool same_place(const Extent& a, const Extent& b) {
    return a.offset == b.offset && a.size == b.size;
}

/// Sorts by position and keeps one of several names for the same function.
Result<void> order(std::vector<Extent>& extents) {
    std::ranges::sort(extents, {}, by_offset);
    auto aliases = std::ranges::unique(extents, same_place);
    extents.erase(aliases.begin(), aliases.end());
    for (std::size_t i = 1; i < extents.size(); ++i)
        if (extents[i].offset - extents[i - 1].offset < extents[i - 1].size)
            return fail(
                fmt::format("functions {} and {} overlap", extents[i - 1].name, extents[i].name));
    return {};
}

Result<std::vector<CodeFunction>> section_functions(const ElfSection& section,
                                                    const Symbols& symbols) {
    auto extents = typed_functions(symbols);
    if (extents.empty()) extents = untyped_functions(symbols, section);
    for (const auto& extent : extents)
        if (auto what = function_error(extent, section); !what.empty())
            return fail(fmt::format("function {}: {}", extent.name, what));
    if (auto ordered = order(extents); !ordered) return std::unexpected(ordered.error());

    std::vector<CodeFunction> functions;
    // A static function is a program only where nothing else in the section can be.
    bool all_static = std::ranges::all_of(extents, is_static);
    for (const auto& extent : extents) {
        bool entry = section.name != ".text" && (all_static || !is_static(extent));
        functions.push_back(function_from(extent, section, entry));
    }
    return functions;
}

constexpr auto position = [](const CodeFunction& f) { return std::tuple(f.section, f.first); };

}  // namespace

Result<Code> Code::read(const ElfFile& elf) {
    Code code;
    auto symbols = symbols_by_section(elf);
    for (const auto& section : elf.sections()) {
        if (!section.is_code()) continue;
        auto functions = section_functions(section, symbols[section.index]);
        if (!functions)
            return std::unexpected(functions.error().in(fmt::format("section {}", section.name)));
        std::ranges::move(*functions, std::back_inserter(code.functions_));
    }
    // A lone function without a section name of its own can only be a program.
    if (code.functions_.size() == 1) code.functions_.front().entry = true;
    return code;
}

std::optional<std::uint32_t> Code::containing(std::uint32_t section, std::int64_t insn) const {
    if (insn < 0 || insn > UINT32_MAX) return std::nullopt;
    auto after = std::ranges::upper_bound(
        functions_, std::tuple(section, static_cast<std::uint32_t>(insn)), {}, position);
    if (after == functions_.begin()) return std::nullopt;
    auto found = after - 1;
    if (found->section != section || !found->contains(insn)) return std::nullopt;
    return static_cast<std::uint32_t>(found - functions_.begin());
}

const CodeFunction* Code::entry_at(std::uint32_t section, std::uint64_t offset) const {
    if (offset % sizeof(Insn) != 0 || offset > UINT32_MAX) return nullptr;
    const auto insn = static_cast<std::int64_t>(offset / sizeof(Insn));
    const auto index = containing(section, insn);
    if (!index) return nullptr;
    const CodeFunction& function = functions_[*index];
    return function.entry && function.first == insn ? &function : nullptr;
}

std::optional<std::uint32_t> Code::subprogram_at(std::uint32_t section, std::int64_t insn) const {
    auto index = containing(section, insn);
    if (!index || functions_[*index].first != insn || functions_[*index].entry) return std::nullopt;
    return index;
}

}  // namespace bpftwin
