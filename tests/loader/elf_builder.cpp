#include "tests/loader/elf_builder.h"

#include <cstring>

namespace bpftwin::test {

ElfBuilder::ElfBuilder() : sections_(1), symbols_(1), strings_(1, '\0') {
    sections_[0].type = SHT_NULL;
    std::memcpy(header.e_ident, ELFMAG, SELFMAG);
    header.e_ident[EI_CLASS] = ELFCLASS64;
    header.e_ident[EI_DATA] = ELFDATA2LSB;
    header.e_ident[EI_VERSION] = EV_CURRENT;
    header.e_type = ET_REL;
    header.e_machine = EM_BPF;
    header.e_version = EV_CURRENT;
    header.e_ehsize = sizeof(Elf64_Ehdr);
    header.e_shentsize = sizeof(Elf64_Shdr);
}

std::uint16_t ElfBuilder::section(BuiltSection section) {
    sections_.push_back(std::move(section));
    return static_cast<std::uint16_t>(sections_.size() - 1);
}

std::uint16_t ElfBuilder::code(std::string name, const std::vector<Insn>& insns) {
    BuiltSection section{.name = std::move(name), .flags = SHF_ALLOC | SHF_EXECINSTR};
    append_bytes(section.data, insns.data(), insns.size());
    return this->section(std::move(section));
}

std::uint16_t ElfBuilder::data(std::string name, std::string_view bytes) {
    BuiltSection section{.name = std::move(name)};
    append_bytes(section.data, bytes.data(), bytes.size());
    return this->section(std::move(section));
}

std::uint32_t ElfBuilder::symbol(std::string_view name, std::uint16_t section, std::uint8_t type,
                                 std::uint64_t value, std::uint64_t size, std::uint8_t binding) {
    Elf64_Sym symbol{};
    symbol.st_name = static_cast<Elf64_Word>(strings_.size());
    strings_ += name;
    strings_ += '\0';
    symbol.st_info = ELF64_ST_INFO(binding, type);
    symbol.st_shndx = section;
    symbol.st_value = value;
    symbol.st_size = size;
    symbols_.push_back(symbol);
    return static_cast<std::uint32_t>(symbols_.size() - 1);
}

void ElfBuilder::relocate(std::uint16_t section, std::uint64_t offset, std::uint32_t type,
                          std::uint32_t symbol) {
    Elf64_Rel entry{offset, ELF64_R_INFO(std::uint64_t{symbol}, type)};
    BuiltSection relocations{.name = ".rel", .type = SHT_REL, .flags = 0, .info = section};
    append_bytes(relocations.data, &entry, 1);
    this->section(std::move(relocations));
}

Bytes ElfBuilder::build() const {
    auto sections = sections_;
    BuiltSection symbols{.name = ".symtab", .type = SHT_SYMTAB, .flags = 0};
    append_bytes(symbols.data, symbols_.data(), symbols_.size());
    symbols.link = static_cast<std::uint32_t>(sections.size() + 1);
    sections.push_back(std::move(symbols));

    // Section names follow the symbols' names in one table.
    auto strings = strings_;
    std::vector<std::uint32_t> names;
    sections.push_back({.name = ".strtab", .type = SHT_STRTAB, .flags = 0});
    for (const auto& section : sections) {
        names.push_back(static_cast<std::uint32_t>(strings.size()));
        strings += section.name;
        strings += '\0';
    }
    append_bytes(sections.back().data, strings.data(), strings.size());

    Bytes image(sizeof(Elf64_Ehdr));
    std::vector<Elf64_Shdr> headers;
    for (std::size_t i = 0; i < sections.size(); ++i) {
        const auto& section = sections[i];
        image.resize((image.size() + 7) / 8 * 8);
        Elf64_Shdr entry{};
        entry.sh_name = names[i];
        entry.sh_type = section.type;
        entry.sh_flags = section.flags;
        entry.sh_offset = image.size();
        entry.sh_size = section.size != 0 ? section.size : section.data.size();
        entry.sh_link = section.link;
        entry.sh_info = section.info;
        entry.sh_addralign = 1;
        if (section.type == SHT_REL) entry.sh_entsize = sizeof(Elf64_Rel);
        if (section.type == SHT_SYMTAB) entry.sh_entsize = sizeof(Elf64_Sym);
        append_bytes(image, section.data.data(), section.data.size());
        headers.push_back(entry);
    }
    image.resize((image.size() + 7) / 8 * 8);
    auto final_header = header;
    final_header.e_shoff = image.size();
    final_header.e_shnum = static_cast<Elf64_Half>(headers.size());
    final_header.e_shstrndx = static_cast<Elf64_Half>(headers.size() - 1);
    append_bytes(image, headers.data(), headers.size());
    std::memcpy(image.data(), &final_header, sizeof(final_header));
    return image;
}

}  // namespace bpftwin::test
