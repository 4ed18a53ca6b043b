// One run of one program in user space: what every engine that runs here adds to `Runtime`.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>

#include "vm/runtime.h"

namespace bpftwin {

class Interceptor;
class WriteLog;

/// A running program with its stack. Engines derive from it; calls, tail calls and callbacks all
/// happen within one machine.
class Machine : public Runtime {
public:
    static constexpr unsigned max_frames = 8;         ///< MAX_CALL_FRAMES of the verifier.
    static constexpr unsigned max_tail_calls = 33;    ///< MAX_TAIL_CALL_CNT.
    static constexpr std::uint32_t stack_size = 512;  ///< MAX_BPF_STACK, of each frame.
    /// Frames lie apart so that running off one end does not reach the next.
    static constexpr std::uint32_t stack_gap = 512;
    static constexpr std::uint32_t stack_stride = stack_gap + stack_size;
    /// Iterations that `may_goto` grants each call of a function (BPF_MAX_LOOPS).
    static constexpr std::uint32_t max_may_goto = 8 * 1024 * 1024;

    /// Runs the entry program from its beginning.
    /// @return r0; meaningless when `stopped()`.
    virtual std::uint64_t run(std::uint64_t r1, std::uint64_t r2) = 0;
    /// What the last `run` wrote, if the input asks for it and the engine can tell; or null.
    [[nodiscard]] virtual const WriteLog* writes() const { return nullptr; }
    /// Instructions whose claims held (`RunResult::claims_held`).
    [[nodiscard]] virtual std::uint64_t claims_held() const { return 0; }
    /// Instructions executed by the last `run`; 0: not counted.
    [[nodiscard]] virtual std::uint64_t executed() const = 0;

    /// Lets `interceptor` see every call from now on.
    void intercept(Interceptor& interceptor) { interceptor_ = &interceptor; }
    [[nodiscard]] Interceptor* interceptor() { return interceptor_; }

    /// Legacy packet load of `bytes` at `offset`, big-endian. @return false outside the packet.
    bool load_packet(std::int32_t offset, unsigned bytes, std::uint64_t& value);

    /// Remembers where the program was stopped; the innermost place wins.
    void note_place(const ProgramSpec& program, std::uint32_t pc);
    [[nodiscard]] const ProgramSpec* stop_program() const { return stop_program_; }
    [[nodiscard]] std::uint32_t stop_pc() const { return stop_pc_; }
    /// Region of `address` for messages, or nothing; stack frames are told apart.
    [[nodiscard]] std::optional<Region> region_near(std::uint64_t address);

protected:
    /// @param shared regions of the instance's maps.
    Machine(const ProgramSpec& entry, const Memory& shared, const RunInput& input, Packet* packet,
            Context* context);

    [[nodiscard]] std::uint64_t stack_begin() const {
        return reinterpret_cast<std::uint64_t>(stack_.data());
    }
    /// Frame pointer (r10) of the frame with that number; the outermost is 0. The bytes from there
    /// to the next frame are the engine's.
    [[nodiscard]] std::uint64_t stack_end(unsigned frame) const {
        return stack_begin() + (frame + 1) * stack_stride;
    }
    static constexpr std::uint64_t stack_bytes = std::uint64_t{max_frames} * stack_stride;

    /// Instructions that a run may execute.
    [[nodiscard]] std::int64_t budget() const { return budget_; }
    /// What the program returns whose functions are all left, with `result` or by an exception.
    std::uint64_t end_with(std::uint64_t result);
    /// Address of the function of a program that begins at an instruction.
    [[nodiscard]] virtual std::uint64_t function(const ProgramSpec& program,
                                                 std::uint32_t insn) const = 0;
    /// Called when the program goes on after a stop, with its outermost frame free.
    virtual void on_catch() {}
    /// Discards ring buffer records that the program kept; a program that was not verified and does
    /// so is stopped if `strict`.
    void finish(bool strict);

private:
    std::int64_t budget_;
    Interceptor* interceptor_ = nullptr;
    const ProgramSpec* stop_program_ = nullptr;
    std::uint32_t stop_pc_ = 0;
    alignas(16) std::array<std::byte, stack_bytes + stack_gap> stack_;
};

}  // namespace bpftwin
