// Faults in machine code, and in helpers that machine code gave a bad address: the program ends,
// the process goes on.
//
// The signal handler is the one place where the fault of a thread meets the machine that runs on
// it, so this file keeps what bpftwin has nowhere else: a variable of the thread, and the process's
// signal actions for SIGSEGV and SIGBUS, taken over at the first run and passed on where the fault
// is not ours.
#pragma once

#include "jit/code_memory.h"
#include "jit/state.h"

namespace bpftwin::jit {

/// While it lives, a fault on this thread stops the run of `state` with `StopCode::fault`.
class FaultGuard {
public:
    FaultGuard(State& state, const CodeMemory& code);
    ~FaultGuard();
    FaultGuard(const FaultGuard&) = delete;
    FaultGuard& operator=(const FaultGuard&) = delete;

private:
    friend struct FaultHandler;
    State* state_;
    const CodeMemory* code_;
    FaultGuard* outer_;
};

}  // namespace bpftwin::jit
