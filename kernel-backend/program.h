// One program in a kernel: the exact instructions of a `ProgramSpec`, with map descriptors in place
// of indices, submitted by BPF_PROG_LOAD.
#pragma once

#include <functional>
#include <map>
#include <span>
#include <string>
#include <vector>

#include "bpftwin/engine.h"
#include "bpftwin/spec.h"
#include "bpftwin/verdict.h"
#include "kernel-backend/kernel.h"

namespace bpftwin::kernel {

/// Descriptors of modules' types by name.
using ModuleTypes = std::map<std::string, int, std::less<>>;

/// What a program refers to outside itself, as descriptors of its kernel.
struct ProgramParts {
    const ObjectSpec& object;
    std::span<const int> maps;  ///< By index in `ObjectSpec::maps`.
    int btf = 0;                ///< 0: none; func and line info are left out then.
    ModuleTypes modules = {};   ///< Of what the program refers to in modules.
};

/// A verdict and, if it is `accepted`, the program.
struct LoadedProgram {
    Verdict verdict;
    Descriptor descriptor;
};

/// The verdict on a program that is not submitted.
LoadedProgram not_loadable(const Error& error);

/// Submits the program.
/// @param log_level of the verifier: 0 none (a rejected program is submitted again for its
/// reason), 1 states and branches, 2 each instruction, 4 only the last line's numbers; bits.
LoadedProgram load_program(Kernel& kernel, const ProgramSpec& program, const ProgramParts& parts,
                           std::uint32_t log_level);

/// Size of the program's machine code and the time that loading it took, as the kernel tells.
Result<CodeInfo> program_info(Kernel& kernel, int program);

/// The program's instructions as the kernel gets them.
std::vector<Insn> with_descriptors(const ProgramSpec& program, std::span<const int> maps,
                                   const ModuleTypes& modules = {});

/// The descriptors that calls of modules' functions refer to by their `off` (fd_array of bpf(2));
/// the first is never used.
std::vector<int> called_modules(const ProgramSpec& program, const ModuleTypes& modules);

}  // namespace bpftwin::kernel
