// The functions of an object, as compiled: entry programs in sections of their own, subprograms in
// `.text` (libbpf's rule) and static ones beside a global program.
#pragma once

#include <cstdint>
#include <cstring>
#include <optional>
#include <string_view>
#include <vector>

#include "bpftwin/error.h"
#include "bpftwin/insn.h"
#include "loader/elf.h"

namespace bpftwin {

/// Instructions as they stand in the object, where they need not be aligned.
class InsnView {
public:
    explicit InsnView(ByteView bytes) : bytes_(bytes) {}

    [[nodiscard]] std::size_t size() const { return bytes_.size() / sizeof(Insn); }
    [[nodiscard]] Insn operator[](std::size_t index) const {
        Insn insn;
        std::memcpy(&insn, bytes_.data() + index * sizeof(Insn), sizeof(Insn));
        return insn;
    }
    void append_to(std::vector<Insn>& insns) const {
        const std::size_t before = insns.size();
        insns.resize(before + size());
        std::memcpy(insns.data() + before, bytes_.data(), size() * sizeof(Insn));
    }

private:
    ByteView bytes_;
};

/// Views of the object's image.
struct CodeFunction {
    std::string_view name;
    std::uint32_t section = 0;
    std::uint32_t first = 0;  ///< First instruction, counted from the section's start.
    InsnView insns;
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
