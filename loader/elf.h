// A BPF relocatable object as ELF sees it: sections, symbols, relocations, all inside their bounds
// (System V ABI chapters 4 and 5; the BPF relocation kinds are Linux
// Documentation/bpf/llvm_reloc.rst).
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string_view>
#include <vector>

#include "bpftwin/error.h"

namespace bpftwin {

/// A section header with its bytes. Views point into the image.
struct ElfSection {
    std::uint32_t index = 0;
    std::string_view name;
    std::uint32_t type = 0;  ///< SHT_*.
    std::uint64_t flags = 0;
    std::uint64_t size = 0;  ///< Bytes in memory; of `.bss` there are none in the file.
    std::uint32_t link = 0;
    std::uint32_t info = 0;
    ByteView data;

    [[nodiscard]] bool is_code() const;
    [[nodiscard]] bool is_relocations() const;
    /// Part of the program's memory, but no code.
    [[nodiscard]] bool can_hold_variables() const;
};

struct ElfSymbol {
    std::string_view name;
    std::uint64_t value = 0;    ///< Offset in its section.
    std::uint64_t size = 0;     ///< Bytes.
    std::uint32_t section = 0;  ///< 0: undefined; `special`: absolute, common and the like.
    std::uint8_t type = 0;      ///< STT_*.
    std::uint8_t binding = 0;   ///< STB_*.
    std::uint8_t visibility = 0;

    static constexpr std::uint32_t special = 0xffffffff;

    [[nodiscard]] bool is_local() const;
    /// Global, but not to be seen outside the object: to BTF the same as static.
    [[nodiscard]] bool is_hidden() const;
    /// A reference to something that this object does not define.
    [[nodiscard]] bool is_extern() const;
    [[nodiscard]] bool is_section() const;
    [[nodiscard]] bool is_weak() const;
    /// A named object with an address.
    [[nodiscard]] bool is_variable() const;
};

struct ElfRelocation {
    std::uint64_t offset = 0;  ///< Bytes from the start of the section it changes.
    std::uint32_t type = 0;    ///< R_BPF_*.
    std::uint32_t symbol = 0;  ///< Index into `symbols()`.
    /// Of SHT_RELA; otherwise the addend stands in the place itself.
    std::optional<std::int64_t> addend;
};

/// A view of an object in memory; the image must outlive it. Bytes of different sections do not
/// overlap, so that work over all sections is linear in the image's size.
class ElfFile {
public:
    /// @return the file, or why it is not a little-endian 64-bit BPF object.
    static Result<ElfFile> open(ByteView image);

    [[nodiscard]] std::span<const ElfSection> sections() const { return sections_; }
    [[nodiscard]] std::span<const ElfSymbol> symbols() const { return symbols_; }
    /// The section of that index, or null.
    [[nodiscard]] const ElfSection* section(std::uint32_t index) const;
    /// First section of that name, or null.
    [[nodiscard]] const ElfSection* section(std::string_view name) const;
    /// Entries of a section that `is_relocations()`; their symbols exist.
    [[nodiscard]] Result<std::vector<ElfRelocation>> relocations(const ElfSection& section) const;
    /// How messages call a symbol: its name, or its section's where it has none.
    [[nodiscard]] std::string_view display_name(const ElfSymbol& symbol) const;

private:
    std::vector<ElfSection> sections_;
    std::vector<ElfSymbol> symbols_;
};

/// The bytes of a section of any 64-bit ELF file, as kernels and their modules are. They point into
/// the image.
/// @return an Error where that is no ELF file or has no such section.
Result<ByteView> section_of_any_elf(ByteView image, std::string_view name);

}  // namespace bpftwin
