// Which kernels in virtual machines tests may boot.
#pragma once

#include <string>

namespace bpftwin::kernel {

/// Releases that scripts/kernels downloads.
inline constexpr const char* machine_versions[] = {"6.1", "6.12"};

/// Why no machine of this kernel can run here; empty if it can.
std::string obstacle(const std::string& version);

}  // namespace bpftwin::kernel
