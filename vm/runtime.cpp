// The parts of a running program that do not depend on the engine.
#include "vm/runtime.h"

#include <cstring>
#include <utility>

namespace bpftwin {

void Runtime::stop(Stop stop) {
    if (stop_) return;
    stop_ = std::move(stop);
    on_stop();
}

void Runtime::throw_exception(std::uint64_t cookie) {
    if (stop_) return;
    thrown_ = cookie;
    stop({TrapKind::helper, "an exception that is thrown where none can be handled", 0, 0, false});
}

std::optional<std::uint64_t> Runtime::catch_exception() {
    if (thrown_) stop_.reset();
    return std::exchange(thrown_, std::nullopt);
}

bool Runtime::probe_read(void* to, std::uint64_t from, std::size_t bytes) {
    if (bytes == 0) return true;
    if (!memory_.allows(from, bytes, false)) return false;
    std::memcpy(to, reinterpret_cast<const void*>(from), bytes);
    return true;
}

}  // namespace bpftwin
