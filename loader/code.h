// The functions of an object, as compiled: entry programs in sections of their own, subprograms in
// `.text` (libbpf's rule) and static ones beside a global program.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "bpftwin/error.h"
#include "bpftwin/insn.h"
#include "loader/elf.h"

namespace bpftwin {

struct CodeFunction {
    std::string name;
    std::uint32_t section = 0;
    std::uint32_t first = 0;  ///< First instruction, counted from the section's start.
    std::vector<Insn> insns;
    bool entry = false;  ///< A program of its own; else a subprogram.

    [[nodiscard]] std::uint32_t end() const {
        return first + static_cast<std::uint32_t>(insns.size());
    }
    [[nodiscard]] bool contains(std::int64_t insn) const { return insn >= first && insn < end(); }
};

/// All functions, ordered by section, then by position. No two overlap.
class Code {
public:
    static Result<Code> read(const ElfFile& elf);

    [[nodiscard]] const std::vector<CodeFunction>& functions() const { return functions_; }
    /// Index of the function that holds this instruction of the section.
    [[nodiscard]] std::optional<std::uint32_t> containing(std::uint32_t section,
                                                          std::int64_t insn) const;
    /// The entry program that begins at that byte of the section, or null.
    [[nodiscard]] const CodeFunction* entry_at(std::uint32_t section, std::uint64_t offset) const;
    /// Index of the subprogram that begins there.
    [[nodiscard]] std::optional<std::uint32_t> subprogram_at(std::uint32_t section,
                                                             std::int64_t insn) const;

private:
    std::vector<CodeFunction> functions_;
};

}  // namespace bpftwin
