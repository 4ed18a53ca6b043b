#include "kernel-backend/refusal.h"

#include <cerrno>

namespace bpftwin::kernel {

Result<bool> absent(const Error& refusal) {
    // E2BIG: the attribute has a field that this kernel's lacks.
    if (refusal.code == EINVAL || refusal.code == E2BIG) return false;
    if (refusal.code == EPERM || refusal.code == EACCES)
        return fail("the kernel does not let this process ask: " + refusal.message, refusal.code);
    return std::unexpected(refusal.in("the kernel gives no answer"));
}

}  // namespace bpftwin::kernel
