// Programs as the interpreter runs them: one `Code` per instruction slot, dispatched through the
// address of its handler (direct threading).
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "bpftwin/error.h"
#include "bpftwin/spec.h"
#include "isa/op.h"
#include "vm/constants.h"
#include "vm/interceptor.h"

namespace bpftwin {

/// One slot in internal form. Indices equal those of `ProgramSpec::insns`, so jump displacements
/// and traps need no translation; an `lddw` keeps its upper half in the slot behind it.
struct Code {
    const void* handler;
    std::uint8_t dst;
    std::uint8_t src;
    std::int16_t off;
    std::int32_t imm;
};
static_assert(sizeof(Code) == 16);

/// What the interpreter dispatches on: the rows of the table, a few cases of its own, and pairs.
enum class Step : std::uint16_t {
    tail_call = op_count,  ///< bpf_tail_call, which does not return.
    helper_missing,        ///< A helper that does not exist or is not implemented here.
    end_of_program,        ///< Behind the last instruction.
#define PAIR(first, second) first##_then_##second,
#define PAIR_BRANCH(first, second) first##_then_##second,
#include "vm/pairs.def"
    count,
};
inline constexpr auto step_count = static_cast<std::size_t>(Step::count);
/// Steps of one instruction each: those before the pairs.
inline constexpr auto single_step_count = static_cast<std::size_t>(Step::end_of_program) + 1;

/// A program ready to run.
class Image {
public:
    /// Decodes `program` once.
    /// @param handlers address of each step's handler: `step_count` of them, or `single_step_count`
    /// to do without pairs.
    /// @return an Error that begins with the program's name for an invalid instruction, a map
    /// index that does not exist, or a reference that needs a kernel to be resolved.
    static Result<Image> prepare(const ProgramSpec& program, std::span<const MapAddress> maps,
                                 std::span<const void* const> handlers);

    [[nodiscard]] const ProgramSpec& program() const { return *program_; }
    [[nodiscard]] const Code* code() const { return code_.data(); }
    [[nodiscard]] std::size_t bytes() const { return code_.size() * sizeof(Code); }
    /// Whether `address` is that of an instruction of this image at which a function begins.
    [[nodiscard]] bool is_function(std::uint64_t address) const;
    /// What a call of a kernel function calls, by the `imm` of its code.
    [[nodiscard]] const Callee& kfunc(std::uint32_t index) const { return kfuncs_[index]; }

private:
    const ProgramSpec* program_ = nullptr;
    std::vector<Code> code_;
    std::vector<std::uint32_t> entries_;  ///< Where functions begin, sorted.
    std::vector<Callee> kfuncs_;
};

}  // namespace bpftwin
