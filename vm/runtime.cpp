// The parts of a running program that do not depend on the engine.
#include "vm/runtime.h"

#include <cstring>

namespace bpftwin {

void Runtime::stop(Stop stop) {
    if (stop_) return;
    stop_ = std::move(stop);
    on_stop();
}

bool Runtime::probe_read(void* to, std::uint64_t from, std::size_t bytes) {
    if (bytes == 0) return true;
    if (!memory_.allows(from, bytes, false)) return false;
    std::memcpy(to, reinterpret_cast<const void*>(from), bytes);
    return true;
}

}  // namespace bpftwin
