// Bob Jenkins' lookup3 hash of bytes (include/linux/jhash.h), where the kernel's results are
// needed.
#pragma once

#include <cstddef>
#include <cstdint>

namespace bpftwin {

std::uint32_t jenkins_hash(const void* bytes, std::size_t size, std::uint32_t seed);

}  // namespace bpftwin
