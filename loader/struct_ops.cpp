#include "loader/struct_ops.h"

#include <algorithm>
#include <optional>

#include "fmt/format.h"

namespace bpftwin {
namespace {

bool is_struct_ops(std::string_view section) {
    if (section.starts_with('?')) section.remove_prefix(1);
    return section == ".struct_ops" || section == ".struct_ops.link";
}

/// The variable of the data section that covers the byte at `offset`, or nothing.
std::optional<BtfSectionVar> variable_at(const Btf& btf, std::string_view section,
                                         std::uint64_t offset) {
    const auto id = btf.find(section, BtfKind::datasec);
    if (!id) return std::nullopt;
    const auto variables = btf.section_vars(btf.type(*id));
    const auto found = std::ranges::find_if(variables, [&](const BtfSectionVar& variable) {
        return offset - variable.offset < variable.size;
    });
    return found == variables.end() ? std::nullopt : std::optional(*found);
}

/// The member of the struct that begins there.
Result<StructOpsMember> member_at(const Btf& btf, std::string_view section, std::uint64_t offset) {
    const auto variable = variable_at(btf, section, offset);
    if (!variable) return fail("no variable of its BTF is there");
    const BtfType& type = btf.type(btf.resolve(btf.type(variable->type).type));
    constexpr unsigned bits = 8;
    for (const BtfMember& member : btf.members(type))
        if (member.bit_offset == (offset - variable->offset) * bits)
            return StructOpsMember{std::string(type.name), std::string(member.name)};
    return fail(fmt::format("variable {} has no member there", btf.type(variable->type).name));
}

Result<PlacedCallback> read_callback(const ElfFile& elf, const Btf& btf, const Code& code,
                                     const ElfSection& section, const ElfRelocation& relocation) {
    const ElfSymbol& symbol = elf.symbols()[relocation.symbol];
    const CodeFunction* program = code.entry_at(symbol.section, symbol.value);
    if (!program)
        return fail(fmt::format("'{}' is not an entry program", elf.display_name(symbol)));
    auto member = member_at(btf, section.name, relocation.offset);
    if (!member) return std::unexpected(member.error());
    return PlacedCallback{std::string(program->name), std::move(*member)};
}

}  // namespace

Result<std::vector<PlacedCallback>> struct_ops_callbacks(const ElfFile& elf, const Btf* btf,
                                                         const Code& code) {
    std::vector<PlacedCallback> callbacks;
    for (const ElfSection& relocations : elf.sections()) {
        if (!relocations.is_relocations() || !btf) continue;
        const ElfSection* section = elf.section(relocations.info);
        if (!section || !is_struct_ops(section->name)) continue;
        const auto entries = elf.relocations(relocations);
        if (!entries) return std::unexpected(entries.error());
        for (const ElfRelocation& entry : *entries) {
            auto callback = read_callback(elf, *btf, code, *section, entry);
            if (!callback)
                return std::unexpected(callback.error().in(
                    fmt::format("section {}: relocation at {}", section->name, entry.offset)));
            callbacks.push_back(std::move(*callback));
        }
    }
    return callbacks;
}

}  // namespace bpftwin
