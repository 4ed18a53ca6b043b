// All machine code of an instance, and what its addresses mean.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <vector>

#include "bpftwin/spec.h"
#include "jit/code_memory.h"
#include "jit/compile.h"

namespace bpftwin::jit {

/// An instruction of one of the object's programs.
struct Site {
    const ProgramSpec* program;
    std::uint32_t pc;
};

/// The code of all programs of an object in one mapping.
class ProgramCode {
public:
    /// Maps `programs`, in the order of the object's; empty code stands for a program that cannot
    /// run.
    static Result<ProgramCode> create(const ObjectSpec& object, const MachineCode& entry,
                                      std::vector<MachineCode> programs);

    /// Number of a program's first instruction in `State::site`.
    static std::uint32_t site_base(const ObjectSpec& object, std::size_t program);

    using Enter = std::uint64_t (*)(struct State*, const void* code);
    [[nodiscard]] Enter enter() const {
        return reinterpret_cast<Enter>(reinterpret_cast<std::uintptr_t>(memory_.begin()));
    }
    [[nodiscard]] const void* exit() const { return exit_; }
    /// By program; null for one that cannot run.
    [[nodiscard]] const std::vector<const void*>& starts() const { return starts_; }

    [[nodiscard]] const CodeMemory& memory() const { return memory_; }
    [[nodiscard]] bool is_function(std::uint64_t address) const;
    /// Address of the function of a program that begins at an instruction; 0: none does.
    [[nodiscard]] std::uint64_t function(const ProgramSpec& program, std::uint32_t insn) const;
    /// An operation's code in the mapping.
    struct Located {
        const ProgramSpec* program;
        const CodePlace* place;
        std::uint64_t end;  ///< Address of the code behind it.
    };
    /// The operation whose code contains `address`, or nothing. Safe in a signal handler.
    [[nodiscard]] std::optional<Located> find(std::uint64_t address) const;
    /// The instruction with that number in `State::site`.
    [[nodiscard]] Site site(std::uint32_t number) const;

    /// The code of one program within the mapping.
    struct Part {
        const ProgramSpec* program;
        std::uint32_t begin;  ///< Offset in the mapping.
        std::uint32_t site_base;
        MachineCode code;  ///< Its bytes are gone, the mapping has them.
        std::uint32_t size;
    };
    [[nodiscard]] std::span<const Part> parts() const { return parts_; }

private:
    CodeMemory memory_;
    std::vector<Part> parts_;
    std::vector<std::uint64_t> functions_;  ///< Addresses, sorted.
    std::vector<const void*> starts_;
    const void* exit_ = nullptr;
};

}  // namespace bpftwin::jit
