// What programs report that decode an infrared remote control (drivers/media/rc/bpf-lirc.c).
#include "helpers/calls.h"
#include "helpers/require.h"
#include "vm/runtime.h"

namespace bpftwin::calls {
namespace {

long report(Runtime& runtime, const RemoteEvent& event) {
    if (require_output_room(runtime, sizeof event)) runtime.effects().remote.push_back(event);
    return 0;
}

}  // namespace

long rc_repeat(Runtime& runtime, const void*) {
    return report(runtime, {.kind = RemoteEvent::Kind::repeat});
}

long rc_keydown(Runtime& runtime, const void*, std::uint32_t protocol, std::uint64_t scancode,
                std::uint32_t toggle) {
    return report(runtime, {.kind = RemoteEvent::Kind::keydown,
                            .protocol = protocol,
                            .scancode = scancode,
                            .toggle = toggle != 0});
}

long rc_pointer_rel(Runtime& runtime, const void*, std::int32_t x, std::int32_t y) {
    return report(runtime, {.kind = RemoteEvent::Kind::pointer, .x = x, .y = y});
}

}  // namespace bpftwin::calls
