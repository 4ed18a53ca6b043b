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

bool require_packet(Runtime& runtime) {
    if (runtime.packet()) return true;
    runtime.stop({.kind = TrapKind::bad_call,
                  .reason = fmt::format("this helper works on a packet; programs of type {} have none",
                                        name_of(runtime.program().type))});
    return false;
}

}  // namespace bpftwin
