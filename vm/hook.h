// What the kernel passes to a program that is attached to one of its functions or tracepoints: the
// arguments by name and type, and where each is in the context. Mirrors btf_ctx_access and the
// calling conventions behind PT_REGS_PARMn.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "bpftwin/spec.h"
#include "btf/btf.h"

namespace bpftwin {

/// One argument of a hook.
struct HookArgument {
    std::string_view name;  ///< Empty where the types have none.
    std::uint32_t type;     ///< In the kernel's types.
    std::uint32_t offset;   ///< Bytes into the context.
};

/// The arguments of the hook that the program is attached to, in order: of tracepoints, functions,
/// security hooks, iterators, members of struct_ops, and of kprobes on a function. None where the
/// program names no hook or the types do not know it.
std::vector<HookArgument> hook_arguments(const ProgramSpec& program, const Btf& kernel);

}  // namespace bpftwin
