// A real kernel as an engine: the same object, loaded by bpf(2) and run by BPF_PROG_TEST_RUN.
#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "bpftwin/engine.h"
#include "bpftwin/error.h"
#include "bpftwin/target.h"
#include "bpftwin/verdict.h"

namespace bpftwin {

/// A kernel as an engine: "kernel" is that of this machine, which asks for privilege; "vm:6.12"
/// boots the image of that release (or path) in QEMU, which does not (`bpftwin kernels` lists
/// them). Its instances' `run` gives an Error for a program that the kernel does not load or cannot
/// test-run. Nothing is attached or pinned, and with the instance (or this process) everything is
/// gone from the kernel.
/// @return an Error that says which privilege, image or program is missing.
Result<std::unique_ptr<Engine>> make_kernel(std::string_view name = "kernel");

/// The kernel of that name as target of `resolve_core` and `resolve_externs`: what the object asks
/// of it, and of that only what can be read (`Target::unknown`). For "kernel", that of this
/// machine, no privilege is needed. Instances of `make_kernel` and its judge do this by themselves.
/// @return an Error where a virtual machine does not come up.
Result<Target> target_for(const ObjectSpec& object, std::string_view kernel = "kernel");

/// Verdicts of a kernel's verifier.
class Judge {
public:
    virtual ~Judge() = default;
    /// As uname(2) tells it: "6.18.5".
    [[nodiscard]] virtual std::string release() const = 0;
    /// Whether the kernel can still be asked: a machine that does not answer is killed.
    [[nodiscard]] virtual bool alive() = 0;
    /// The verdicts on the programs of these names, each submitted by itself; nothing is run.
    /// @param log_level bits: 1 states and branches, 2 each instruction, 4 only the numbers; 0
    /// gives a log of level 1 of what is rejected.
    /// @return an Error where the kernel cannot be asked.
    virtual Result<std::vector<Verdict>> judge(const ObjectSpec& object,
                                               std::span<const std::string> programs,
                                               std::uint32_t log_level) = 0;
};

/// The verifier of the kernel of that name.
Result<std::unique_ptr<Judge>> make_kernel_judge(std::string_view name = "kernel");

}  // namespace bpftwin
