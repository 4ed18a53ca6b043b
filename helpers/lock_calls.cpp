// bpf_spin_lock and bpf_spin_unlock (kernel/bpf/helpers.c).
#include "fmt/format.h"
#include "helpers/calls.h"
#include "helpers/maps/value_layout.h"
#include "helpers/require.h"
#include "vm/runtime.h"

namespace bpftwin::calls {
namespace {

bool require_aligned(Runtime& runtime, const void* lock) {
    const auto address = reinterpret_cast<std::uint64_t>(lock);
    if (address % 4 == 0) return true;
    refuse_argument(runtime, fmt::format("spin lock at {:#x} is not aligned to 4 bytes", address));
    return false;
}

}  // namespace

void spin_lock(Runtime& runtime, void* lock) {
    if (!require_aligned(runtime, lock) || value_lock::acquire(lock)) return;
    runtime.stop({.kind = TrapKind::helper,
                  .reason = "bpf_spin_lock: nobody releases the lock",
                  .address = reinterpret_cast<std::uint64_t>(lock),
                  .size = 4,
                  .write = true});
}

void spin_unlock(Runtime& runtime, void* lock) {
    if (require_aligned(runtime, lock)) value_lock::release(lock);
}

}  // namespace bpftwin::calls
