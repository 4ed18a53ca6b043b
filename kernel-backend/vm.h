// A kernel without root: a stock kernel in a virtual machine, asked through an agent.
#pragma once

#include <chrono>
#include <memory>
#include <string>
#include <string_view>

#include "kernel-backend/kernel.h"

namespace bpftwin::kernel {

/// How long is waited. A machine that takes longer is killed. Without KVM, verifying a program of a
/// million steps takes minutes.
struct TimeLimits {
    std::chrono::milliseconds boot = std::chrono::seconds(60);
    std::chrono::milliseconds request = std::chrono::minutes(4);
};

/// A kernel of its own for whoever calls, booted in some seconds (less with KVM, which is used
/// where this process may). Needs QEMU, but no privilege. The machine ends with the Kernel, and
/// with the thread that booted it.
/// @param image what `find_image` (kernel-backend/images.h) takes: a path, a release, "6.12".
/// @return an Error with the console's last words where the machine does not come up.
Result<std::unique_ptr<Kernel>> boot_kernel(const std::string& image, TimeLimits limits = {});

/// The kernel of an engine's name: "vm:IMAGE", or this machine's for any other.
/// @return an Error that begins with the name.
Result<std::unique_ptr<Kernel>> kernel_named(std::string_view name);

}  // namespace bpftwin::kernel
