// GDB's interface for code that has no file (GDB manual, "JIT Compilation Interface"): a list of
// ELF objects in memory, of which the debugger is told through a function that it sets a breakpoint
// on.
#pragma once

#include <memory>
#include <span>

#include "jit/code_names.h"

struct jit_code_entry;

namespace bpftwin::jit {

/// While it lives, GDB knows these names.
class GdbNames {
public:
    GdbNames();
    explicit GdbNames(std::span<const CodeName> names);
    GdbNames(GdbNames&& other) noexcept;
    GdbNames& operator=(GdbNames&& other) noexcept;
    ~GdbNames();

private:
    Bytes object_;
    std::unique_ptr<jit_code_entry> entry_;
};

}  // namespace bpftwin::jit
