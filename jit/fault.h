// Faults in machine code, and in helpers that machine code gave a bad address: the program ends,
// or reads 0, and the process goes on.
//
// The signal handler is the one place where the fault of a thread meets the machine that runs on
// it, so this file keeps what bpftwin has nowhere else: a variable of the thread, and the process's
// signal actions for SIGSEGV and SIGBUS.
//
// A fault is taken only from a thread that is below machine code (`State::native_stack` is set by
// the way in and taken back by the way out), and only if the processor raised it. Everything else
// goes to the action that was there before, as if there were none of ours. A handler that someone
// installs later has to pass on what it does not know, too.
#pragma once

#include "jit/program_code.h"
#include "jit/state.h"
#include "vm/memory.h"

namespace bpftwin::jit {

class Interrupted;

/// Puts the handler in front of the process's actions for SIGSEGV and SIGBUS, once.
void install_fault_handler();

/// While it lives, a fault on this thread stops the run of `state` with `StopCode::fault`. With
/// `probes_memory` a load whose fault it is gives 0 instead; where `memory` is sparse, as in an
/// arena, a store is left out, too.
class FaultGuard {
public:
    FaultGuard(State& state, const ProgramCode& code, const Memory& memory, bool probes_memory);
    ~FaultGuard();
    FaultGuard(const FaultGuard&) = delete;
    FaultGuard& operator=(const FaultGuard&) = delete;

private:
    friend struct FaultHandler;
    /// Whether the program goes on behind an operation that may not do its access.
    [[nodiscard]] bool passes_over(const Access& access, const Interrupted& thread) const;

    State* state_;
    const ProgramCode* code_;
    const Memory* memory_;
    bool probes_memory_;
    const FaultGuard* outer_;
};

}  // namespace bpftwin::jit
