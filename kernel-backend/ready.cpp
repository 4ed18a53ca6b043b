#include "kernel-backend/ready.h"

#include <algorithm>

#include "bpftwin/target.h"

namespace bpftwin::kernel {
namespace {

bool asks_for_types(const ObjectSpec& object) {
    return std::ranges::any_of(object.programs, [](const ProgramSpec& program) {
        return !program.core_relocations.empty();
    });
}

}  // namespace

// A kernel that does not show its types may still resolve relocations by itself.
ObjectSpec ready_for(Kernel& kernel, const ObjectSpec& object) {
    ObjectSpec ready = object;
    if (!asks_for_types(ready)) return ready;
    if (auto types = kernel.types())
        resolve_core(ready, {.name = kernel.release(), .types = std::move(*types), .modules = {}});
    return ready;
}

}  // namespace bpftwin::kernel
