// What machine code sees of the run it belongs to. Code addresses the fields by their offsets, so
// this is plain memory without anything of C++.
#pragma once

#include <cstddef>
#include <cstdint>

namespace bpftwin {
class Runtime;
}

namespace bpftwin::jit {

/// Why machine code ended a run itself.
enum class StopCode : std::uint32_t {
    none,
    runtime,         ///< `Runtime::stop` was called and knows more.
    budget,          ///< `State::fuel` is used up.
    call_depth,      ///< A call would open more than `Machine::max_frames` frames.
    function_end,    ///< Control ran past the last instruction of a function.
    missing_helper,  ///< A helper that does not exist here.
    missing_kfunc,   ///< A kernel function.
    fault,           ///< The processor refused an access; see `fault`.
};

/// An access that the processor refused: what the fault handler found out.
struct Fault {
    std::uint64_t pc;       ///< Machine code address; 0: in a helper, not in machine code.
    std::uint64_t address;  ///< Meaningless unless known.
    bool address_known;
    bool unaligned;
    bool write;  ///< As far as the processor tells.
};

/// One per running machine. Its address is in a register of its own while machine code runs.
struct State {
    Runtime* runtime;             ///< First argument of helpers.
    std::int64_t fuel;            ///< Instructions that may still be executed; kept in a register.
    std::uint64_t native_stack;   ///< Stack pointer of the innermost entry; traps go back to it.
    const void* exit;             ///< Where a trap jumps to: leaves the innermost entry.
    std::uint64_t frame;          ///< r10 at the call of a helper that may call back.
    std::uint64_t frame_limit;    ///< Highest r10 that a call may set.
    std::uint64_t spill;          ///< One register, within one operation.
    std::uint64_t spill2;         ///< Another one.
    std::uint64_t callx;          ///< Operand of a `callx`.
    const void* const* programs;  ///< Code of each program by index; null: cannot run.
    std::uint32_t tail_calls;     ///< How many were made.
    std::uint32_t cpu;            ///< CPU the program runs on.
    std::uint32_t site;           ///< Where it called out or stopped: instruction number, counted
                                  ///< over all programs of the object.
    StopCode stopped;             ///< Checked after every call of a helper.
    Fault fault;                  ///< With `StopCode::fault`.

    /// What r1 to r5 are at an entry, and r10.
    std::uint64_t entry_registers[6];
};

/// Bytes above a frame's stack that machine code uses: the `may_goto` counter at r10 + 0.
inline constexpr std::int32_t may_goto_slot = 0;

}  // namespace bpftwin::jit
