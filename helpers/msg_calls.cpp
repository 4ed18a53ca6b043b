// Messages on their way out of a socket (net/core/filter.c bpf_msg_apply_bytes and following), in
// one piece of memory.
#include <cerrno>
#include <cstring>

#include "helpers/calls.h"
#include "helpers/require.h"
#include "vm/context.h"
#include "vm/packet.h"
#include "vm/runtime.h"

namespace bpftwin::calls {
namespace {

std::byte* bytes_at(std::uint64_t address) { return reinterpret_cast<std::byte*>(address); }

void end_at(Runtime& runtime, Packet& packet, std::uint32_t end) {
    packet.move(packet.data(), packet.data(), end);
    runtime.context().follow_packet(runtime.memory());
}

}  // namespace

long msg_apply_bytes(Runtime& runtime, const void*, std::uint32_t bytes) {
    runtime.effects().socket.apply_bytes = bytes;
    return 0;
}

long msg_cork_bytes(Runtime& runtime, const void*, std::uint32_t bytes) {
    runtime.effects().socket.cork_bytes = bytes;
    return 0;
}

long msg_pull_data(Runtime& runtime, Packet& packet, std::uint32_t start, std::uint32_t end,
                   std::uint64_t flags) {
    if (flags != 0 || end <= start || end > packet.size()) return -EINVAL;
    runtime.context().show_packet(packet.data() + start, packet.data() + end);
    return 0;
}

long msg_push_data(Runtime& runtime, Packet& packet, std::uint32_t start, std::uint32_t size,
                   std::uint64_t flags) {
    if (flags != 0) return -EINVAL;
    if (size == 0) return 0;
    if (start > packet.size()) return -EINVAL;
    if (size > packet.buffer_end() - packet.data_end()) return -ENOMEM;
    std::byte* at = bytes_at(packet.data() + start);
    std::memmove(at + size, at, packet.size() - start);
    std::memset(at, 0, size);
    end_at(runtime, packet, packet.data_end() + size);
    return 0;
}

long msg_pop_data(Runtime& runtime, Packet& packet, std::uint32_t start, std::uint32_t size,
                  std::uint64_t flags) {
    if (flags != 0) return -EINVAL;
    if (size == 0) return 0;
    if (start >= packet.size() || size > packet.size() - start) return -EINVAL;
    std::byte* at = bytes_at(packet.data() + start);
    std::memmove(at, at + size, packet.size() - start - size);
    end_at(runtime, packet, packet.data_end() - size);
    return 0;
}

}  // namespace bpftwin::calls
