#include "kernel-backend/release.h"

#include <algorithm>
#include <cstdio>

namespace bpftwin::kernel {

std::uint32_t version_code(const std::string& release) {
    unsigned major = 0, minor = 0, patch = 0;
    std::sscanf(release.c_str(), "%u.%u.%u", &major, &minor, &patch);
    return major << 16 | minor << 8 | std::min(patch, 255u);
}

}  // namespace bpftwin::kernel
