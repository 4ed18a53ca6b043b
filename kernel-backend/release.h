// Versions of kernels as numbers, which compare.
#pragma once

#include <cstdint>
#include <string>

namespace bpftwin::kernel {

/// LINUX_VERSION_CODE of a release ("6.12.43+deb13-cloud-amd64") or of a table's "4.10".
std::uint32_t version_code(const std::string& release);

}  // namespace bpftwin::kernel
