#include "loader/relocate.h"

#include <algorithm>
#include <cstring>
#include <limits>
#include <optional>

#include "fmt/format.h"
#include "isa/decode.h"

namespace bpftwin {
namespace {

/// Relocation kinds (Documentation/bpf/llvm_reloc.rst). The oldest compilers wrote 0 for all.
enum class RelocationKind : std::uint32_t {
    none = 0,
    r_64_64 = 1,
    r_64_abs64 = 2,
    r_64_abs32 = 3,
    r_64_nodyld32 = 4,
    r_64_32 = 10,
};

constexpr std::uint8_t lddw_code = info(Op::lddw).code;
constexpr std::uint8_t call_code = info(Op::call_local).code;

/// The relocation kind that belongs to an instruction; nothing for those that name no symbol.
std::optional<RelocationKind> kind_for(std::uint8_t code) {
    if (code == lddw_code) return RelocationKind::r_64_64;
    if (code == call_code) return RelocationKind::r_64_32;
    return std::nullopt;
}

bool is_local_call(const Insn& insn) {
    return insn.code == call_code && insn.src == info(Op::call_local).discriminator_value;
}

bool is_map_load(const Insn& insn) {
    return insn.code == lddw_code && (insn.src == pseudo::map_fd || insn.src == pseudo::map_value);
}

bool is_function_load(const Insn& insn) {
    return insn.code == lddw_code && insn.src == pseudo::func;
}

/// Everything that a relocation is resolved against.
struct Resolver {
    const ElfFile& elf;
    const Code& code;
    const MapTable& maps;
    const Externs& externs;
    /// The object's assembler stored symbol values in the instructions (see
    /// `fields_hold_values`).
    bool fields_hold_values;

    Result<Reference> resolve(const CodeFunction& function, std::uint32_t insn,
                              const ElfRelocation& relocation) const;
    Result<Reference> resolve_call(const ElfSymbol& symbol, std::int64_t addend) const;
    Result<Reference> resolve_address(const ElfSymbol& symbol, std::int64_t offset) const;
    Result<Reference> resolve_extern(const ElfSymbol& symbol, bool call) const;
    [[nodiscard]] std::string_view section_name(std::uint32_t index) const;
};

std::string_view Resolver::section_name(std::uint32_t index) const {
    const auto* section = elf.section(index);
    return section ? section->name : "none";
}

Result<Reference> Resolver::resolve_extern(const ElfSymbol& symbol, bool call) const {
    const auto index = externs.find(symbol.name);
    if (!index)
        return fail(
            fmt::format("'{}' is defined nowhere; what the kernel has is declared __ksym or "
                        "__kconfig, what another object has is linked by bpftool gen object",
                        symbol.name));
    const ExternSpec& spec = externs.all()[*index];
    if (call && spec.kind != ExternSpec::Kind::function)
        return fail(fmt::format("call of '{}', which is no function", symbol.name));
    Reference reference{
        .kind = call ? Reference::Kind::extern_call : Reference::Kind::extern_address,
        .insn = 0,
        .extern_index = *index};
    if (spec.kind != ExternSpec::Kind::config) return reference;
    reference.kind = Reference::Kind::extern_config;
    reference.target = *maps.of_section(config_section);
    reference.offset = static_cast<std::int32_t>(spec.offset);
    return reference;
}

/// A call's field counts instructions from the one after it; its symbol gives bytes.
Result<Reference> Resolver::resolve_call(const ElfSymbol& symbol, std::int64_t addend) const {
    auto insn = static_cast<std::int64_t>(symbol.value / sizeof(Insn)) + addend + 1;
    auto target = code.subprogram_at(symbol.section, insn);
    if (symbol.value % sizeof(Insn) != 0 || !target)
        return fail(fmt::format("call of '{}': no subprogram at instruction {} of section {}",
                                elf.display_name(symbol), insn, section_name(symbol.section)));
    return Reference{.kind = Reference::Kind::call, .insn = 0, .target = *target};
}

Result<Reference> Resolver::resolve_address(const ElfSymbol& symbol, std::int64_t offset) const {
    if (auto map = maps.data_of(symbol.section)) {
        if (offset < 0 || offset > std::numeric_limits<std::int32_t>::max())
            return fail(
                fmt::format("offset {} of '{}' is out of range", offset, elf.display_name(symbol)));
        return Reference{.kind = Reference::Kind::map_value,
                         .insn = 0,
                         .target = *map,
                         .offset = static_cast<std::int32_t>(offset)};
    }
    if (auto map = maps.defined_at(symbol.section, offset))
        return Reference{.kind = Reference::Kind::map, .insn = 0, .target = *map};
    constexpr std::int64_t slot = sizeof(Insn);
    if (offset % slot == 0)
        if (auto function = code.subprogram_at(symbol.section, offset / slot))
            return Reference{
                .kind = Reference::Kind::function_address, .insn = 0, .target = *function};
    return fail(fmt::format(
        "'{}' + {} in section {} is neither map, variable nor subprogram", elf.display_name(symbol),
        offset - static_cast<std::int64_t>(symbol.value), section_name(symbol.section)));
}

std::string kind_error(const Insn& insn, const ElfRelocation& relocation) {
    auto expected = kind_for(insn.code);
    if (!expected)
        return fmt::format("relocation of an instruction of opcode {:02x}, which names no symbol",
                           insn.code);
    auto kind = static_cast<RelocationKind>(relocation.type);
    if (kind != *expected && kind != RelocationKind::none)
        return fmt::format("relocation of kind {} does not fit opcode {:02x}", relocation.type,
                           insn.code);
    if (insn.code == call_code && !is_local_call(insn))
        return "relocation of a call that is no call of a function";
    return {};
}

/// What the instruction itself adds to the symbol.
std::int64_t addend_of(const Insn& insn, const ElfRelocation& relocation, const ElfSymbol& symbol,
                       bool fields_hold_values) {
    if (relocation.addend) return *relocation.addend;
    std::int64_t addend = insn.imm;
    if (fields_hold_values && !symbol.is_section())
        addend -= static_cast<std::int64_t>(symbol.value);
    return addend;
}

Result<Reference> Resolver::resolve(const CodeFunction& function, std::uint32_t insn,
                                    const ElfRelocation& relocation) const {
    const auto& symbol = elf.symbols()[relocation.symbol];
    const Insn place = function.insns[insn];
    if (auto what = kind_error(place, relocation); !what.empty()) return fail(what);
    bool call = place.code == call_code;
    if (!call && insn + 1 == function.insns.size()) return fail("second slot is missing");
    if (symbol.is_extern()) return resolve_extern(symbol, call);
    if (symbol.value > std::numeric_limits<std::uint32_t>::max())
        return fail(fmt::format("symbol '{}' has value {:#x}, outside every section",
                                elf.display_name(symbol), symbol.value));
    auto addend = addend_of(place, relocation, symbol, fields_hold_values);
    return call ? resolve_call(symbol, addend)
                : resolve_address(symbol, static_cast<std::int64_t>(symbol.value) + addend);
}

/// Relocation sections that change code.
std::vector<const ElfSection*> code_relocations(const ElfFile& elf) {
    std::vector<const ElfSection*> result;
    for (const auto& section : elf.sections()) {
        const auto* target = section.is_relocations() ? elf.section(section.info) : nullptr;
        if (target && target->is_code()) result.push_back(&section);
    }
    return result;
}

Error at(const ElfSection& section, std::uint64_t insn, const Error& error) {
    return error.in(fmt::format("section {}: insn {}", section.name, insn));
}

Result<void> add_relocations(const Resolver& resolver, const ElfSection& relocations,
                             References& references) {
    const auto& section = *resolver.elf.section(relocations.info);
    auto entries = resolver.elf.relocations(relocations);
    if (!entries) return std::unexpected(entries.error());
    for (const auto& entry : *entries) {
        auto insn = entry.offset / sizeof(Insn);
        if (entry.offset % sizeof(Insn) != 0 || entry.offset >= section.size)
            return fail(fmt::format("section {}: relocation at offset {} is not at an instruction",
                                    section.name, entry.offset));
        // Code without a symbol is a weak function that another one replaced.
        auto index = resolver.code.containing(section.index, static_cast<std::int64_t>(insn));
        if (!index) continue;
        const auto& function = resolver.code.functions()[*index];
        auto local = static_cast<std::uint32_t>(insn) - function.first;
        auto reference = resolver.resolve(function, local, entry);
        if (!reference) return std::unexpected(at(section, insn, reference.error()));
        reference->insn = local;
        references[*index].push_back(*reference);
    }
    return {};
}

/// A call without a relocation stays in its section: of another function it is a reference, inside
/// the function itself it needs no change wherever the function is placed.
Result<std::optional<Reference>> plain_call(const Code& code, const CodeFunction& function,
                                            std::uint32_t insn) {
    auto target = std::int64_t{function.first} + insn + 1 + function.insns[insn].imm;
    if (function.contains(target)) return std::nullopt;
    auto index = code.subprogram_at(function.section, target);
    if (!index) return fail(fmt::format("call of instruction {}: no subprogram there", target));
    return Reference{.kind = Reference::Kind::call, .insn = insn, .target = *index};
}

Result<std::optional<Reference>> unrelocated(const Code& code, const CodeFunction& function,
                                             std::uint32_t insn) {
    const Insn place = function.insns[insn];
    // Not an error as long as nobody runs it: libbpf, too, leaves it to the kernel.
    if (is_map_load(place)) return Reference{.kind = Reference::Kind::unnamed_map, .insn = insn};
    if (is_function_load(place))
        return fail("a function address is loaded without a relocation that names it");
    if (is_local_call(place)) return plain_call(code, function, insn);
    return std::nullopt;
}

/// Sorts by instruction. Two relocations of one are an error.
Result<void> order(const CodeFunction& function, std::vector<Reference>& references) {
    std::ranges::sort(references, {}, &Reference::insn);
    const auto twice = std::ranges::adjacent_find(references, {}, &Reference::insn);
    if (twice == references.end()) return {};
    return fail(fmt::format("insn {}: has two relocations", function.first + twice->insn));
}

/// Adds the references that need no relocation, and says what else lacks one.
Result<void> complete(const Code& code, const CodeFunction& function,
                      std::vector<Reference>& references) {
    if (auto ordered = order(function, references); !ordered) return ordered;
    const std::size_t relocated = references.size();
    std::size_t next = 0;
    for (std::uint32_t i = 0; i < function.insns.size(); ++i) {
        const std::uint8_t opcode = function.insns[i].code;
        if (!kind_for(opcode)) continue;
        while (next < relocated && references[next].insn < i) ++next;
        if (next == relocated || references[next].insn != i) {
            auto reference = unrelocated(code, function, i);
            if (!reference)
                return std::unexpected(
                    reference.error().in(fmt::format("insn {}", function.first + i)));
            if (*reference) references.push_back(**reference);
        }
        if (opcode == lddw_code) ++i;
    }
    const auto added = references.begin() + static_cast<std::ptrdiff_t>(relocated);
    std::ranges::inplace_merge(references, added, {}, &Reference::insn);
    return {};
}

bool compiled_by_gcc(const ElfFile& elf) {
    const auto* comment = elf.section(".comment");
    constexpr std::string_view mark = "GCC:";
    if (!comment) return false;
    auto text =
        std::string_view(reinterpret_cast<const char*>(comment->data.data()), comment->data.size());
    return text.find(mark) != std::string_view::npos;
}

/// Whether the instruction's field can include its symbol's value.
bool can_hold_value(const ElfFile& elf, const ElfSection& section,
                    const ElfRelocation& relocation) {
    const auto& symbol = elf.symbols()[relocation.symbol];
    if (symbol.is_section() || symbol.is_extern()) return true;
    if (relocation.offset > section.data.size() ||
        section.data.size() - relocation.offset < sizeof(Insn))
        return true;
    Insn insn;
    std::memcpy(&insn, section.data.data() + relocation.offset, sizeof(insn));
    auto field = std::int64_t{insn.imm} + (insn.code == call_code ? 1 : 0);
    return field >= 0 && static_cast<std::uint64_t>(field) >= symbol.value;
}

/// GNU as of GCC 12 adds a symbol's value to the field that it relocates, in bytes even for calls;
/// LLVM stores only the addend. No header says which, but `.comment` names GCC, and then every
/// field is at least its symbol's value.
Result<bool> fields_hold_values(const ElfFile& elf) {
    if (!compiled_by_gcc(elf)) return false;
    for (const auto* relocations : code_relocations(elf)) {
        auto entries = elf.relocations(*relocations);
        if (!entries) return std::unexpected(entries.error());
        const auto& section = *elf.section(relocations->info);
        if (!std::ranges::all_of(
                *entries, [&](const auto& entry) { return can_hold_value(elf, section, entry); }))
            return false;
    }
    return true;
}

}  // namespace

Result<References> references_of(const ElfFile& elf, const Code& code, const MapTable& maps,
                                 const Externs& externs) {
    auto hold_values = fields_hold_values(elf);
    if (!hold_values) return std::unexpected(hold_values.error());
    Resolver resolver{elf, code, maps, externs, *hold_values};
    References references(code.functions().size());
    for (const auto* relocations : code_relocations(elf))
        if (auto added = add_relocations(resolver, *relocations, references); !added)
            return std::unexpected(added.error());
    for (std::size_t i = 0; i < references.size(); ++i) {
        const auto& function = code.functions()[i];
        if (auto completed = complete(code, function, references[i]); !completed)
            return std::unexpected(completed.error().in(
                fmt::format("section {}", elf.section(function.section)->name)));
    }
    return references;
}

}  // namespace bpftwin
