// A program being interpreted: its frames, and what the interpreter's steps call.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <span>

#include "vm/code.h"
#include "vm/invariants.h"
#include "vm/machine.h"
#include "vm/write_log.h"

namespace bpftwin {

class Map;

struct Helper;

/// How much the interpreter checks.
enum class Mode : std::uint8_t {
    fast,      ///< Nothing: the program is known to be safe.
    checked,   ///< Every memory access, every helper argument, every function pointer.
    observed,  ///< That, and before every instruction what the verifier claims of it.
};

/// The programs and maps of the object that a machine runs: shared by all its runs.
struct ProgramSet {
    std::span<const Image* const>
        images;                  ///< By index in `ObjectSpec::programs`; null: not loaded.
    std::span<Map* const> maps;  ///< Sorted by address.
    const Memory* memory;        ///< Regions of map values.
    const InvariantPlan* invariants = nullptr;  ///< Of observed runs.
};

/// The interpreter's machine.
class InterpreterMachine final : public Machine {
public:
    InterpreterMachine(Mode mode, const ProgramSet& programs, const Image& entry,
                       const RunInput& input, Packet* packet, Context* context)
        : Machine(entry.program(), *programs.memory, input, packet, context),
          mode_(mode),
          programs_(&programs),
          entry_(&entry) {
        if (mode != Mode::fast && input.want_writes) writes_.emplace();
        if (programs.invariants) invariants_.emplace(*programs.invariants);
    }

    std::uint64_t run(std::uint64_t r1, std::uint64_t r2) override;
    [[nodiscard]] const WriteLog* writes() const override { return writes_ ? &*writes_ : nullptr; }
    [[nodiscard]] std::uint64_t executed() const override {
        return static_cast<std::uint64_t>(budget() - fuel);
    }
    std::uint64_t call(std::uint64_t function, std::uint64_t r1, std::uint64_t r2, std::uint64_t r3,
                       std::uint64_t r4, std::uint64_t r5) override;

    // --- For the interpreter's steps.

    /// What a call saves and its return restores.
    struct Frame {
        const Image* image;                  ///< Whose instructions the frame runs.
        const Code* return_to;               ///< Null in the outermost frame of a run or callback.
        std::array<std::uint64_t, 4> saved;  ///< r6 to r9 of the caller.
        std::uint32_t may_goto_left;
    };

    /// Opens a frame. @return its frame pointer (r10), or 0 with the program stopped when
    /// `max_frames` are open.
    std::uint64_t push(const Image& image, const Code* return_to, const std::uint64_t* registers);
    void pop() { --open_; }
    /// Closes frames until `open` are left.
    void unwind(unsigned open) { open_ = open; }
    [[nodiscard]] unsigned open_frames() const { return open_; }
    [[nodiscard]] Frame& frame() { return frames_[open_ - 1]; }
    [[nodiscard]] std::uint64_t frame_pointer() const { return stack_end(open_ - 1); }

    /// Whether the program may access these bytes: the stacks of open frames, and `memory()`.
    [[nodiscard]] bool allows(std::uint64_t address, std::uint64_t bytes, bool write) {
        std::uint64_t offset = address - stack_begin();
        if (offset < stack_bytes)
            return offset / stack_stride < open_ && offset % stack_stride >= stack_gap &&
                   bytes <= stack_stride - offset % stack_stride;
        return memory().allows(address, bytes, write);
    }

    /// Whether a load from there, which is not allowed, reads 0: in an arena, and where
    /// `probes_memory`. Near memory of the program it does not: that is an overrun.
    [[nodiscard]] bool reads_zero(std::uint64_t address);
    /// Whether a store there, which is not allowed, does nothing.
    [[nodiscard]] bool loses_write(std::uint64_t address) { return memory().is_sparse(address); }

    /// Notes a store that is allowed, if the run's writes are wanted.
    void note_write(std::uint64_t address, std::uint64_t bytes, const Image& image,
                    const Code* pc) {
        if (writes_) note_wanted_write(address, bytes, writer(image, pc));
    }

    /// Looks at what the verifier claims of the instruction that comes. @return false with the
    /// program stopped where it does not hold.
    bool observe(const Image& image, const Code* pc, const std::uint64_t* registers);
    /// The frame pointer of the function so many calls up.
    [[nodiscard]] std::uint64_t frame_pointer(unsigned up) const {
        return stack_end(open_ - 1 - up);
    }
    [[nodiscard]] std::uint64_t claims_held() const override {
        return invariants_ ? invariants_->held() : 0;
    }

    /// Calls helper `id` with r1 to r5, checking them first in checked mode.
    std::uint64_t call_helper(std::uint32_t id, const std::uint64_t* registers, const Image& image,
                              const Code* pc);
    /// The same for a `callx` whose register holds no function; stops at what is no helper either.
    std::uint64_t call_helper_by_register(std::uint64_t value, const std::uint64_t* registers,
                                          const Image& image, const Code* pc);
    /// Calls a kernel function; stops where it is not implemented and nothing answers for it.
    std::uint64_t call_kfunc(const Callee& callee, const std::uint64_t* registers);
    /// The same for a helper that does not exist here.
    std::uint64_t call_missing_helper(std::uint32_t id, const std::uint64_t* registers);
    /// bpf_tail_call: the program to continue with, or null to go on behind the call.
    const Image* tail_call(const std::uint64_t* registers);
    /// The image that a function pointer points into, or null.
    [[nodiscard]] const Image* image_of(std::uint64_t function) const;
    [[nodiscard]] bool knows_map(std::uint64_t address) const override;

    void note_place(const Image& image, const Code* pc) {
        Machine::note_place(image.program(), static_cast<std::uint32_t>(pc - image.code()));
    }

    /// Instructions that may still be executed; below zero once they are used up.
    std::int64_t fuel = 0;

private:
    [[nodiscard]] std::uint64_t function(const ProgramSpec& program,
                                         std::uint32_t insn) const override;
    static Writer writer(const Image& image, const Code* pc) {
        return {&image.program(), static_cast<std::uint32_t>(pc - image.code())};
    }
    void note_wanted_write(std::uint64_t address, std::uint64_t bytes, const Writer& writer);
    std::uint64_t call_noting_writes(const Helper& helper, const std::uint64_t* registers,
                                     const Writer& writer);
    std::uint64_t call_real_helper(std::uint32_t id, const std::uint64_t* registers,
                                   const Image& image, const Code* pc);
    std::uint64_t execute(const Code* entry, std::uint64_t* registers);

    Mode mode_;
    const ProgramSet* programs_;
    const Image* entry_;
    unsigned open_ = 0;
    unsigned tail_calls_ = 0;
    std::array<Frame, max_frames> frames_;
    std::optional<WriteLog> writes_;
    std::optional<InvariantCheck> invariants_;
};

}  // namespace bpftwin
