#include "helpers/require.h"

#include "fmt/format.h"
#include "helpers/map.h"
#include "vm/runtime.h"

namespace bpftwin {

void refuse_argument(Runtime& runtime, std::string reason) {
    runtime.stop({.kind = TrapKind::bad_argument, .reason = std::move(reason)});
}

bool require_map_type(Runtime& runtime, const Map& map, MapType type) {
    if (map.spec().type == type) return true;
    refuse_argument(runtime, fmt::format("map {} is of type {}; this helper takes {}",
                                         map.spec().name, name_of(map.spec().type), name_of(type)));
    return false;
}

bool require_memory(Runtime& runtime, const void* address, std::uint64_t size) {
    if (address || size == 0) return true;
    refuse_argument(runtime, fmt::format("a null pointer for {} bytes", size));
    return false;
}

bool require_output_room(Runtime& runtime, std::uint64_t bytes) {
    constexpr std::uint64_t most = 256 << 20;
    std::uint64_t& sent = runtime.effects().output_bytes;
    if (bytes <= most - sent) {
        sent += bytes;
        return true;
    }
    runtime.stop({.reason = "more than 256 MiB of trace lines and perf events"});
    return false;
}

bool refuse_socket(Runtime& runtime, std::uint64_t value) {
    refuse_argument(runtime, fmt::format("{:#x} is no socket of the world", value));
    return false;
}

bool require_packet(Runtime& runtime) {
    if (runtime.packet()) return true;
    runtime.stop(
        {.kind = TrapKind::bad_call,
         .reason = fmt::format("this helper works on a packet; programs of type {} have none",
                               name_of(runtime.program().type))});
    return false;
}

}  // namespace bpftwin
