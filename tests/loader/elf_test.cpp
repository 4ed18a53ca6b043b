// Hostile and foreign files: one line that says what and where.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstring>

#include "bpftwin/spec.h"
#include "tests/loader/elf_builder.h"

namespace bpftwin {
namespace {

using test::ElfBuilder;
using test::exit_insn;
using test::zero_r0;
using testing::HasSubstr;
using testing::Not;

std::string error_of(const Bytes& image) {
    auto object = load_elf(image, "dir/file.bpf.o");
    return object ? "" : object.error().message;
}

/// One program of two instructions in "xdp".
ElfBuilder one_program() {
    ElfBuilder elf;
    auto section = elf.code("xdp", {zero_r0, exit_insn});
    elf.symbol("prog", section, STT_FUNC, 0, 16);
    return elf;
}

constexpr Insn lddw{0x18, 1, 0, 0, 0};
constexpr Insn second_slot{0, 0, 0, 0, 0};
constexpr Insn local_call{0x85, 0, 1, 0, -1};

TEST(elf, a_minimal_object_loads) {
    auto object = load_elf(one_program().build(), "dir/file.bpf.o");
    ASSERT_TRUE(object) << object.error().message;
    EXPECT_EQ(object->name, "file");
    ASSERT_EQ(object->programs.size(), 1u);
    EXPECT_EQ(object->programs[0].name, "prog");
    EXPECT_EQ(object->programs[0].type, ProgType::xdp);
    EXPECT_EQ(object->programs[0].insns.size(), 2u);
}

TEST(elf, other_files_are_refused_by_what_they_are) {
    EXPECT_EQ(error_of({}), "dir/file.bpf.o: not an ELF object");
    EXPECT_EQ(error_of(Bytes(100)), "dir/file.bpf.o: not an ELF object");
    auto elf = one_program();
    elf.header.e_machine = EM_X86_64;
    EXPECT_THAT(error_of(elf.build()), HasSubstr("not a BPF object: machine is 62"));
    elf = one_program();
    elf.header.e_type = ET_EXEC;
    EXPECT_THAT(error_of(elf.build()), HasSubstr("not a relocatable object"));
}

TEST(elf, machine_none_is_an_old_bpf_object) {
    auto elf = one_program();
    elf.header.e_machine = EM_NONE;
    EXPECT_EQ(error_of(elf.build()), "");
}

TEST(elf, big_endian_and_32_bit_objects_are_named) {
    auto image = one_program().build();
    image[EI_CLASS] = std::byte{ELFCLASS32};
    EXPECT_THAT(error_of(image), HasSubstr("not a 64-bit ELF object"));
    Bytes swapped(sizeof(Elf64_Ehdr));
    std::memcpy(swapped.data(), one_program().build().data(), EI_NIDENT);
    swapped[EI_DATA] = std::byte{ELFDATA2MSB};
    swapped[17] = std::byte{ET_REL};
    swapped[19] = std::byte{EM_BPF};
    EXPECT_THAT(error_of(swapped), HasSubstr("big-endian"));
}

TEST(elf, a_section_outside_the_file_is_an_error) {
    auto elf = one_program();
    elf.section({.name = ".data", .size = 1ull << 60});
    EXPECT_THAT(error_of(elf.build()), HasSubstr("outside the file"));
}

TEST(elf, huge_zeroed_data_is_an_error) {
    auto elf = one_program();
    elf.section({.name = ".bss", .type = SHT_NOBITS, .size = 1ull << 60});
    EXPECT_THAT(error_of(elf.build()), HasSubstr("section .bss: 1152921504606846976 bytes"));
}

TEST(elf, sections_that_share_bytes_are_an_error) {
    auto image = one_program().build();
    Elf64_Ehdr header;
    std::memcpy(&header, image.data(), sizeof(header));
    for (int i = 1; i < header.e_shnum; ++i) {
        Elf64_Shdr section;
        auto* at = image.data() + header.e_shoff + i * sizeof(section);
        std::memcpy(&section, at, sizeof(section));
        if (section.sh_type != SHT_PROGBITS) continue;
        section.sh_offset = 0;
        section.sh_size = image.size();
        std::memcpy(at, &section, sizeof(section));
    }
    EXPECT_THAT(error_of(image), HasSubstr("overlaps another section"));
}

TEST(elf, a_stripped_object_is_an_error) {
    auto elf = one_program();
    auto image = elf.build();
    Elf64_Ehdr header;
    std::memcpy(&header, image.data(), sizeof(header));
    auto symtab = header.e_shoff + (header.e_shnum - 2) * sizeof(Elf64_Shdr);
    image[symtab + offsetof(Elf64_Shdr, sh_type)] = std::byte{SHT_NOTE};
    EXPECT_THAT(error_of(image), HasSubstr("no symbol table"));
}

TEST(elf, a_function_outside_its_section_is_an_error) {
    ElfBuilder elf;
    auto section = elf.code("xdp", {zero_r0, exit_insn});
    elf.symbol("prog", section, STT_FUNC, 8, 16);
    EXPECT_THAT(error_of(elf.build()), HasSubstr("section xdp: function prog: offset 8 and size 16 "
                                                 "leave the section of 16 bytes"));
}

TEST(elf, overlapping_functions_are_an_error) {
    auto elf = one_program();
    elf.symbol("other", 1, STT_FUNC, 8, 8);
    EXPECT_THAT(error_of(elf.build()), HasSubstr("functions prog and other overlap"));
}

TEST(elf, two_names_of_one_function_make_one_program) {
    auto elf = one_program();
    elf.symbol("alias", 1, STT_FUNC, 0, 16);
    auto object = load_elf(elf.build(), "file.o");
    ASSERT_TRUE(object) << object.error().message;
    EXPECT_EQ(object->programs.size(), 1u);
}

TEST(elf, code_without_function_symbols_is_split_at_its_labels) {
    ElfBuilder elf;
    auto section = elf.code("xdp", {zero_r0, exit_insn, zero_r0, exit_insn});
    elf.symbol("LBB0_1", section, STT_NOTYPE, 8, 0, STB_LOCAL);
    elf.symbol("first", section, STT_NOTYPE, 0);
    elf.symbol("second", section, STT_NOTYPE, 16);
    auto object = load_elf(elf.build(), "file.o");
    ASSERT_TRUE(object) << object.error().message;
    ASSERT_EQ(object->programs.size(), 2u);
    EXPECT_EQ(object->programs[1].name, "second");
    EXPECT_EQ(object->programs[1].insns.size(), 2u);
}

TEST(elf, code_without_symbols_is_one_program_named_by_its_section) {
    ElfBuilder elf;
    elf.code("xdp", {zero_r0, exit_insn});
    auto object = load_elf(elf.build(), "file.o");
    ASSERT_TRUE(object) << object.error().message;
    ASSERT_EQ(object->programs.size(), 1u);
    EXPECT_EQ(object->programs[0].name, "xdp");
}

TEST(elf, a_lone_function_in_text_is_a_program_and_two_are_subprograms) {
    ElfBuilder elf;
    auto section = elf.code(".text", {zero_r0, exit_insn, zero_r0, exit_insn});
    elf.symbol("one", section, STT_FUNC, 0, 16);
    EXPECT_EQ(load_elf(elf.build(), "file.o")->programs.size(), 1u);
    elf.symbol("two", section, STT_FUNC, 16, 16);
    EXPECT_EQ(load_elf(elf.build(), "file.o")->programs.size(), 0u);
}

TEST(elf, an_unknown_symbol_is_named_with_section_and_instruction) {
    ElfBuilder elf;
    auto section = elf.code("xdp", {zero_r0, lddw, second_slot, exit_insn});
    elf.symbol("prog", section, STT_FUNC, 0, 32);
    elf.relocate(section, 8, 1, elf.symbol("foo", SHN_UNDEF, STT_NOTYPE));
    EXPECT_EQ(
        error_of(elf.build()),
        "dir/file.bpf.o: section xdp: insn 1: 'foo' is defined nowhere; what the kernel has is "
        "declared __ksym or __kconfig, what another object has is linked by bpftool gen object");
}

TEST(elf, relocations_must_fit_their_instruction) {
    auto with = [](std::uint64_t offset, std::uint32_t type) {
        ElfBuilder elf;
        auto section = elf.code("xdp", {zero_r0, lddw, second_slot, exit_insn});
        elf.symbol("prog", section, STT_FUNC, 0, 32);
        elf.data(".data", "12345678");
        elf.relocate(section, offset, type, elf.symbol("var", 2, STT_OBJECT, 0, 8));
        return error_of(elf.build());
    };
    EXPECT_EQ(with(8, 1), "");
    EXPECT_THAT(with(0, 1), HasSubstr("insn 0: relocation of an instruction of opcode b7"));
    EXPECT_THAT(with(8, 10), HasSubstr("insn 1: relocation of kind 10 does not fit opcode 18"));
    EXPECT_THAT(with(12, 1), HasSubstr("relocation at offset 12 is not at an instruction"));
    EXPECT_THAT(with(1 << 20, 1), HasSubstr("is not at an instruction"));
}

TEST(elf, a_function_address_without_relocation_is_an_error) {
    ElfBuilder elf;
    auto section = elf.code("xdp", {{0x18, 1, 4, 0, 7}, second_slot, zero_r0, exit_insn});
    elf.symbol("prog", section, STT_FUNC, 0, 32);
    EXPECT_THAT(error_of(elf.build()),
                HasSubstr("insn 0: a function address is loaded without a relocation"));
}

TEST(elf, two_relocations_of_one_instruction_are_an_error) {
    ElfBuilder elf;
    auto section = elf.code("xdp", {lddw, second_slot, exit_insn});
    elf.symbol("prog", section, STT_FUNC, 0, 24);
    auto var = elf.symbol("var", elf.data(".data", "12345678"), STT_OBJECT, 0, 8);
    elf.relocate(section, 0, 1, var);
    elf.relocate(section, 0, 1, var);
    EXPECT_THAT(error_of(elf.build()), HasSubstr("section xdp: insn 0: has two relocations"));
}

TEST(elf, a_call_into_the_middle_of_a_function_is_an_error) {
    ElfBuilder elf;
    auto text = elf.code(".text", {zero_r0, exit_insn});
    elf.symbol("sub", text, STT_FUNC, 0, 16);
    auto section = elf.code("xdp", {local_call, exit_insn});
    elf.symbol("prog", section, STT_FUNC, 0, 16);
    elf.relocate(section, 0, 10, elf.symbol("inside", text, STT_NOTYPE, 8));
    EXPECT_THAT(error_of(elf.build()),
                HasSubstr("insn 0: call of 'inside': no subprogram at instruction 1"));
}

TEST(elf, a_call_inside_one_function_is_left_alone) {
    ElfBuilder elf;
    auto section = elf.code(".text", {{0x85, 0, 1, 0, 1}, exit_insn, zero_r0, exit_insn});
    elf.symbol("main", section, STT_FUNC, 0, 32);
    auto object = load_elf(elf.build(), "file.o");
    ASSERT_TRUE(object) << object.error().message;
    EXPECT_EQ(object->programs[0].insns[0].imm, 1);
}

TEST(elf, functions_that_call_each_other_are_placed_once) {
    ElfBuilder elf;
    auto text = elf.code(".text", {{0x85, 0, 1, 0, 1}, exit_insn, {0x85, 0, 1, 0, -3}, exit_insn});
    auto even = elf.symbol("even", text, STT_FUNC, 0, 16);
    elf.symbol("odd", text, STT_FUNC, 16, 16);
    auto section = elf.code("xdp", {local_call, exit_insn});
    elf.symbol("prog", section, STT_FUNC, 0, 16);
    elf.relocate(section, 0, 10, even);
    auto object = load_elf(elf.build(), "file.o");
    ASSERT_TRUE(object) << object.error().message;
    EXPECT_EQ(object->programs[0].insns.size(), 6u);
    EXPECT_EQ(object->programs[0].functions.size(), 3u);
}

TEST(elf, a_long_chain_of_subprograms_links_without_recursion) {
    constexpr unsigned length = 50'000;
    ElfBuilder elf;
    std::vector<Insn> insns;
    for (unsigned i = 0; i + 1 < length; ++i)
        insns.insert(insns.end(), {{0x85, 0, 1, 0, 1}, exit_insn});
    insns.insert(insns.end(), {zero_r0, exit_insn});
    auto text = elf.code(".text", insns);
    std::uint32_t first = 0;
    for (unsigned i = 0; i < length; ++i) {
        auto symbol = elf.symbol("f", text, STT_FUNC, i * 16ull, 16);
        if (i == 0) first = symbol;
    }
    auto section = elf.code("xdp", {local_call, exit_insn});
    elf.symbol("prog", section, STT_FUNC, 0, 16);
    elf.relocate(section, 0, 10, first);
    auto object = load_elf(elf.build(), "file.o");
    ASSERT_TRUE(object) << object.error().message;
    EXPECT_EQ(object->programs[0].functions.size(), length + 1);
}

TEST(elf, many_programs_that_share_much_code_are_bounded) {
    ElfBuilder elf;
    auto text = elf.code(".text", std::vector<Insn>(50'000, exit_insn));
    auto sub = elf.symbol("sub", text, STT_FUNC, 0, 400'000);
    for (int i = 0; i < 100; ++i) {
        auto section = elf.code("xdp", {local_call, exit_insn});
        elf.symbol("prog", section, STT_FUNC, 0, 16);
        elf.relocate(section, 0, 10, sub);
    }
    EXPECT_THAT(error_of(elf.build()), HasSubstr("more than 4000000 instructions"));
}

TEST(elf, a_section_with_a_question_mark_is_not_loaded_by_itself) {
    ElfBuilder elf;
    elf.symbol("prog", elf.code("?xdp", {zero_r0, exit_insn}), STT_FUNC, 0, 16);
    auto object = load_elf(elf.build(), "file.o");
    ASSERT_TRUE(object) << object.error().message;
    EXPECT_FALSE(object->programs[0].autoload);
    EXPECT_EQ(object->programs[0].section, "xdp");
    EXPECT_EQ(object->programs[0].type, ProgType::xdp);
}

TEST(elf, licence_and_version_are_read) {
    auto elf = one_program();
    elf.data("license", std::string_view("Dual MIT/GPL\0", 13));
    elf.data("version", std::string_view("\x03\x02\x01\x00", 4));
    auto object = load_elf(elf.build(), "file.o");
    ASSERT_TRUE(object) << object.error().message;
    EXPECT_EQ(object->license, "Dual MIT/GPL");
    EXPECT_EQ(object->kern_version, 0x010203u);
    elf.data("version", "x");
    EXPECT_EQ(error_of(elf.build()), "");
    auto bad = one_program();
    bad.data("version", "x");
    EXPECT_THAT(error_of(bad.build()), HasSubstr("section version: 1 bytes, expected 4"));
}

TEST(elf, rela_addends_count_instead_of_the_field) {
    ElfBuilder elf;
    auto section = elf.code("xdp", {{0x18, 1, 0, 0, 99}, second_slot, exit_insn});
    elf.symbol("prog", section, STT_FUNC, 0, 24);
    auto var = elf.symbol("var", elf.data(".data", "0123456789"), STT_OBJECT, 0, 8);
    Elf64_Rela entry{0, ELF64_R_INFO(std::uint64_t{var}, 1), 4};
    test::BuiltSection rela{.name = ".rela", .type = SHT_RELA, .flags = 0, .info = section};
    test::append_bytes(rela.data, &entry, 1);
    elf.section(rela);
    auto object = load_elf(elf.build(), "file.o");
    ASSERT_TRUE(object) << object.error().message;
    EXPECT_EQ(object->programs[0].insns[0].src, pseudo::map_value);
    EXPECT_EQ(object->programs[0].insns[1].imm, 4);
}

TEST(elf, control_characters_of_names_are_spelt_out_in_errors) {
    ElfBuilder elf;
    auto section = elf.code("xdp", {lddw, second_slot, exit_insn});
    elf.symbol("prog", section, STT_FUNC, 0, 24);
    elf.relocate(section, 0, 1, elf.symbol("a\nb\x1b[2J", SHN_UNDEF, STT_NOTYPE));
    EXPECT_THAT(error_of(elf.build()), HasSubstr("'a\\x0ab\\x1b[2J' is defined nowhere"));
}

TEST(elf, every_error_is_one_line_that_begins_with_the_file) {
    auto image = one_program().build();
    for (std::size_t size = 0; size < image.size(); ++size) {
        auto message = error_of(Bytes(image.begin(), image.begin() + static_cast<long>(size)));
        EXPECT_THAT(message, testing::StartsWith("dir/file.bpf.o: ")) << size;
        EXPECT_THAT(message, Not(HasSubstr("\n"))) << size;
    }
}

}  // namespace
}  // namespace bpftwin
