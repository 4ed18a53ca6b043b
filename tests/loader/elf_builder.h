// Writes small ELF objects byte by byte, well-formed or not.
#pragma once

#include <elf.h>

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "bpftwin/error.h"
#include "bpftwin/insn.h"

namespace bpftwin::test {

struct BuiltSection {
    std::string name;
    std::uint32_t type = SHT_PROGBITS;
    std::uint64_t flags = SHF_ALLOC;
    Bytes data;
    std::uint32_t link = 0;
    std::uint32_t info = 0;
    std::uint64_t size = 0;  ///< Instead of the data's, where not 0.
};

class ElfBuilder {
public:
    ElfBuilder();

    /// @return the section's index.
    std::uint16_t section(BuiltSection section);
    std::uint16_t code(std::string name, const std::vector<Insn>& insns);
    std::uint16_t data(std::string name, std::string_view bytes);
    /// @return the symbol's index.
    std::uint32_t symbol(std::string_view name, std::uint16_t section, std::uint8_t type,
                         std::uint64_t value = 0, std::uint64_t size = 0,
                         std::uint8_t binding = STB_GLOBAL);
    /// A relocation of `section` (SHT_REL).
    void relocate(std::uint16_t section, std::uint64_t offset, std::uint32_t type,
                  std::uint32_t symbol);

    Elf64_Ehdr header{};  ///< May be changed before `build`.
    [[nodiscard]] Bytes build() const;

private:
    std::vector<BuiltSection> sections_;
    std::vector<Elf64_Sym> symbols_;
    std::string strings_;
};

/// Any plain value's bytes.
template <class T>
void append_bytes(Bytes& out, const T* values, std::size_t count) {
    const auto* bytes = reinterpret_cast<const std::byte*>(values);
    out.insert(out.end(), bytes, bytes + count * sizeof(T));
}

inline constexpr Insn exit_insn{0x95, 0, 0, 0, 0};
inline constexpr Insn zero_r0{0xb7, 0, 0, 0, 0};

}  // namespace bpftwin::test
