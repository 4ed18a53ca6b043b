// libelf decodes the headers; sections, strings and tables are then read from the image's own
// bytes, so that no offset, index or string is followed unchecked.
#include "loader/elf.h"

#include <elf.h>
#include <gelf.h>
#include <libelf.h>

#include <algorithm>
#include <cstring>
#include <memory>
#include <string>

#include "fmt/format.h"

namespace bpftwin {
namespace {

constexpr std::size_t longest_text = 4096;

struct ElfEnd {
    void operator()(Elf* elf) const { elf_end(elf); }
};
using ElfHandle = std::unique_ptr<Elf, ElfEnd>;

std::unexpected<Error> libelf_error(std::string_view what) {
    return fail(fmt::format("{}: {}", what, elf_errmsg(-1)));
}

Result<ElfHandle> begin(ByteView image) {
    elf_version(EV_CURRENT);
    // libelf takes a mutable pointer, but an object opened this way is only read.
    auto* bytes = reinterpret_cast<char*>(const_cast<std::byte*>(image.data()));
    ElfHandle elf(elf_memory(bytes, image.size()));
    if (!elf || elf_kind(elf.get()) != ELF_K_ELF) return fail("not an ELF object");
    return elf;
}

Result<void> check_header(Elf* elf) {
    if (gelf_getclass(elf) != ELFCLASS64) return fail("not a 64-bit ELF object");
    GElf_Ehdr header;
    if (!gelf_getehdr(elf, &header)) return libelf_error("bad ELF header");
    // The first LLVM releases with BPF wrote EM_NONE.
    if (header.e_machine != EM_BPF && header.e_machine != EM_NONE)
        return fail(fmt::format("not a BPF object: machine is {}", header.e_machine));
    if (header.e_ident[EI_DATA] != ELFDATA2LSB)
        return fail("a big-endian BPF object; compile it with -target bpfel");
    if (header.e_type != ET_REL)
        return fail(fmt::format("not a relocatable object: ELF type is {}", header.e_type));
    return {};
}

/// The string at `offset` of a string table, or nothing if it does not end inside the table.
std::optional<std::string_view> string_at(ByteView table, std::uint64_t offset) {
    if (offset >= table.size()) return std::nullopt;
    auto rest = table.subspan(offset, std::min(table.size() - offset, longest_text));
    const auto* text = reinterpret_cast<const char*>(rest.data());
    const void* end = std::memchr(text, 0, rest.size());
    if (!end) return std::nullopt;
    return std::string_view(text, static_cast<const char*>(end));
}

template <class T>
T entry_at(ByteView bytes, std::size_t index) {
    T value;
    std::memcpy(&value, bytes.data() + index * sizeof(T), sizeof(T));
    return value;
}

Result<ByteView> bytes_of(const GElf_Shdr& header, ByteView image) {
    if (header.sh_type == SHT_NOBITS || header.sh_type == SHT_NULL) return ByteView();
    if (header.sh_offset > image.size() || header.sh_size > image.size() - header.sh_offset)
        return fail(fmt::format("{} bytes at {} are outside the file of {} bytes", header.sh_size,
                                header.sh_offset, image.size()));
    return image.subspan(header.sh_offset, header.sh_size);
}

Result<ElfSection> read_section(Elf_Scn* scn, ByteView image) {
    GElf_Shdr header;
    if (!gelf_getshdr(scn, &header)) return libelf_error("bad section header");
    auto data = bytes_of(header, image);
    if (!data) return std::unexpected(data.error());
    return ElfSection{.index = static_cast<std::uint32_t>(elf_ndxscn(scn)),
                      .name = {},
                      .type = header.sh_type,
                      .flags = header.sh_flags,
                      .size = header.sh_size,
                      .link = header.sh_link,
                      .info = header.sh_info,
                      .data = *data};
}

Error in_section(const Error& error, std::size_t index) {
    return error.in(fmt::format("section {}", index));
}

Result<std::vector<ElfSection>> read_sections(Elf* elf, ByteView image) {
    std::vector<ElfSection> sections(1);
    for (Elf_Scn* scn = nullptr; (scn = elf_nextscn(elf, scn)) != nullptr;) {
        auto section = read_section(scn, image);
        if (!section) return std::unexpected(in_section(section.error(), elf_ndxscn(scn)));
        sections.push_back(*section);
    }
    return sections;
}

Result<void> name_sections(Elf* elf, std::vector<ElfSection>& sections) {
    std::size_t names = 0;
    if (elf_getshdrstrndx(elf, &names) != 0) return libelf_error("no section names");
    if (names == 0 || names >= sections.size()) return fail("no section names");
    for (auto& section : std::span(sections).subspan(1)) {
        GElf_Shdr header;
        if (!gelf_getshdr(elf_getscn(elf, section.index), &header))
            return libelf_error("bad section header");
        auto name = string_at(sections[names].data, header.sh_name);
        if (!name) return fail(fmt::format("section {}: bad name", section.index));
        section.name = *name;
    }
    return {};
}

/// Compilers never let sections share bytes; where they do, copying each would be quadratic.
Result<void> check_overlap(std::span<const ElfSection> sections, std::size_t image_size) {
    std::size_t total = 0;
    for (const auto& section : sections) {
        total += section.data.size();
        if (total > image_size)
            return fail(fmt::format("section {}: overlaps another section", section.name));
    }
    return {};
}

std::uint32_t section_of(const Elf64_Sym& raw) {
    return raw.st_shndx < SHN_LORESERVE ? raw.st_shndx : ElfSymbol::special;
}

ElfSymbol symbol_from(const Elf64_Sym& raw, std::string_view name) {
    return {.name = name,
            .value = raw.st_value,
            .size = raw.st_size,
            .section = section_of(raw),
            .type = static_cast<std::uint8_t>(ELF64_ST_TYPE(raw.st_info)),
            .binding = static_cast<std::uint8_t>(ELF64_ST_BIND(raw.st_info)),
            .visibility = static_cast<std::uint8_t>(ELF64_ST_VISIBILITY(raw.st_other))};
}

Result<std::vector<ElfSymbol>> read_symbols(const ElfSection& table,
                                            std::span<const ElfSection> sections) {
    if (table.link == 0 || table.link >= sections.size())
        return fail(fmt::format("section {}: no string table {}", table.name, table.link));
    std::vector<ElfSymbol> symbols;
    symbols.reserve(table.data.size() / sizeof(Elf64_Sym));
    for (std::size_t i = 0; i < table.data.size() / sizeof(Elf64_Sym); ++i) {
        auto raw = entry_at<Elf64_Sym>(table.data, i);
        auto name = string_at(sections[table.link].data, raw.st_name);
        if (!name && raw.st_name != 0) return fail(fmt::format("symbol {}: bad name", i));
        symbols.push_back(symbol_from(raw, name.value_or("")));
        auto section = symbols.back().section;
        if (section != ElfSymbol::special && section >= sections.size())
            return fail(fmt::format("symbol {}: section {} does not exist", i, section));
    }
    return symbols;
}

Result<const ElfSection*> symbol_table(std::span<const ElfSection> sections) {
    const ElfSection* table = nullptr;
    for (const auto& section : sections) {
        if (section.type != SHT_SYMTAB) continue;
        if (table) return fail("more than one symbol table");
        table = &section;
    }
    if (!table) return fail("no symbol table: is it a stripped object?");
    return table;
}

template <class Entry>
ElfRelocation relocation_from(const Entry& entry) {
    ElfRelocation relocation{.offset = entry.r_offset,
                             .type = static_cast<std::uint32_t>(ELF64_R_TYPE(entry.r_info)),
                             .symbol = static_cast<std::uint32_t>(ELF64_R_SYM(entry.r_info))};
    if constexpr (requires { entry.r_addend; }) relocation.addend = entry.r_addend;
    return relocation;
}

template <class Entry>
Result<std::vector<ElfRelocation>> read_relocations(ByteView data, std::size_t symbol_count) {
    std::vector<ElfRelocation> relocations;
    relocations.reserve(data.size() / sizeof(Entry));
    for (std::size_t i = 0; i < data.size() / sizeof(Entry); ++i) {
        relocations.push_back(relocation_from(entry_at<Entry>(data, i)));
        if (relocations.back().symbol >= symbol_count)
            return fail(fmt::format("relocation {}: symbol {} does not exist", i,
                                    relocations.back().symbol));
    }
    return relocations;
}

}  // namespace

bool ElfSection::is_code() const {
    return type == SHT_PROGBITS && (flags & SHF_EXECINSTR) != 0 && !data.empty();
}

bool ElfSection::is_relocations() const { return type == SHT_REL || type == SHT_RELA; }

bool ElfSection::can_hold_variables() const { return (flags & SHF_ALLOC) != 0 && !is_code(); }

bool ElfSymbol::is_local() const { return binding == STB_LOCAL; }

bool ElfSymbol::is_hidden() const {
    return !is_local() && (visibility == STV_HIDDEN || visibility == STV_INTERNAL);
}

bool ElfSymbol::is_extern() const {
    return section == SHN_UNDEF && !is_local() && type == STT_NOTYPE;
}

bool ElfSymbol::is_section() const { return type == STT_SECTION; }

bool ElfSymbol::is_variable() const { return type == STT_OBJECT; }

bool ElfSymbol::is_weak() const { return binding == STB_WEAK; }

Result<ElfFile> ElfFile::open(ByteView image) {
    auto elf = begin(image);
    if (!elf) return std::unexpected(elf.error());
    if (auto header = check_header(elf->get()); !header) return std::unexpected(header.error());

    auto sections = read_sections(elf->get(), image);
    if (!sections) return std::unexpected(sections.error());
    if (auto names = name_sections(elf->get(), *sections); !names)
        return std::unexpected(names.error());
    if (auto apart = check_overlap(*sections, image.size()); !apart)
        return std::unexpected(apart.error());

    auto table = symbol_table(*sections);
    if (!table) return std::unexpected(table.error());
    auto symbols = read_symbols(**table, *sections);
    if (!symbols) return std::unexpected(symbols.error());

    ElfFile file;
    file.sections_ = std::move(*sections);
    file.symbols_ = std::move(*symbols);
    return file;
}

const ElfSection* ElfFile::section(std::uint32_t index) const {
    return index < sections_.size() ? &sections_[index] : nullptr;
}

const ElfSection* ElfFile::section(std::string_view name) const {
    auto found = std::ranges::find(sections_, name, &ElfSection::name);
    return found == sections_.end() ? nullptr : &*found;
}

Result<std::vector<ElfRelocation>> ElfFile::relocations(const ElfSection& section) const {
    auto relocations = section.type == SHT_RELA
                           ? read_relocations<Elf64_Rela>(section.data, symbols_.size())
                           : read_relocations<Elf64_Rel>(section.data, symbols_.size());
    if (!relocations)
        return std::unexpected(relocations.error().in(fmt::format("section {}", section.name)));
    return relocations;
}

std::string_view ElfFile::display_name(const ElfSymbol& symbol) const {
    if (!symbol.name.empty()) return symbol.name;
    const auto* owner = section(symbol.section);
    return owner ? owner->name : std::string_view();
}

Result<ByteView> section_of_any_elf(ByteView image, std::string_view name) {
    auto elf = begin(image);
    if (!elf) return std::unexpected(elf.error());
    if (gelf_getclass(elf->get()) != ELFCLASS64) return fail("not a 64-bit ELF file");
    auto sections = read_sections(elf->get(), image);
    if (!sections) return std::unexpected(sections.error());
    if (auto names = name_sections(elf->get(), *sections); !names)
        return std::unexpected(names.error());
    auto found = std::ranges::find(*sections, name, &ElfSection::name);
    if (found == sections->end() || found->data.empty())
        return fail(fmt::format("no section {}", name));
    return found->data;
}

}  // namespace bpftwin
