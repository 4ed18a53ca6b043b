// The targets by name.
#include <array>

#include "fmt/format.h"
#include "jit/compile.h"

namespace bpftwin::jit {

Result<const Target*> target_named(std::string_view name) {
    for (const Target* target : {&x86_64_target(), &arm64_target()})
        if (target->name == name) return target;
    return fail(fmt::format("no JIT target '{}', there are x86_64 and arm64", name));
}

const Target* host_target() {
#if defined(__x86_64__)
    return &x86_64_target();
#elif defined(__aarch64__)
    return &arm64_target();
#else
    return nullptr;
#endif
}

}  // namespace bpftwin::jit
