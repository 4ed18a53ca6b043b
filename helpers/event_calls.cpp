// Records to user space: ring buffers (kernel/bpf/ringbuf.c) and perf events
// (kernel/trace/bpf_trace.c, bpf_xdp_event_output and bpf_skb_event_output in net/core/filter.c).
#include <algorithm>
#include <cerrno>
#include <expected>
#include <optional>

#include "fmt/format.h"
#include "helpers/calls.h"
#include "helpers/implementation.h"
#include "helpers/maps/perf_event_array.h"
#include "helpers/maps/ring_buffer.h"
#include "helpers/packet_objects.h"
#include "helpers/require.h"
#include "helpers/touch.h"
#include "vm/packet.h"
#include "vm/runtime.h"

namespace bpftwin::calls {
namespace {

/// Takes a record back from the program. @return its map; null with the program stopped when it
/// holds no such record.
RingBuffer* release(Runtime& runtime, void* record) {
    const auto address = reinterpret_cast<std::uint64_t>(record);
    auto& held = runtime.reservations();
    const auto found = std::ranges::find(held, address, &Reservation::record);
    if (found == held.end()) {
        refuse_argument(runtime, fmt::format("{:#x} is no record that is reserved now", address));
        return nullptr;
    }
    Map* map = found->map;
    held.erase(found);
    runtime.memory().remove(address);
    return static_cast<RingBuffer*>(map);
}

namespace output_flag {
constexpr std::uint64_t index = 0xffff'ffff;        // BPF_F_INDEX_MASK.
constexpr std::uint64_t current_cpu = 0xffff'ffff;  // BPF_F_CURRENT_CPU.
constexpr std::uint64_t packet_size = 0xfffff;      // BPF_F_CTXLEN_MASK, shifted down.
constexpr unsigned packet_size_shift = 32;
}  // namespace output_flag

/// The packet that may be appended: of socket buffers and XDP (bpf_skb_event_output and
/// bpf_xdp_event_output), not of messages and events of sockets (bpf_event_output_data).
std::optional<PacketObject> appendable(Runtime& runtime) {
    const ProgType type = runtime.program().type;
    const Packet* packet = runtime.packet();
    if (!packet || type == ProgType::sk_msg || type == ProgType::sock_ops) return std::nullopt;
    return PacketObject{.data = packet->data(), .size = packet->size()};
}

/// Bytes of the packet that `flags` ask to be appended. Where there is no packet they must ask for
/// none.
std::expected<std::uint64_t, int> appended_size(const std::optional<PacketObject>& packet,
                                                std::uint64_t flags) {
    const std::uint64_t rest = flags >> output_flag::packet_size_shift;
    if ((rest & ~(packet ? output_flag::packet_size : 0)) != 0) return std::unexpected(-EINVAL);
    if (packet && rest > packet->size) return std::unexpected(-EFAULT);
    return rest;
}

/// Appends bytes of the packet. @return false with the program stopped where they are not there.
bool append_packet(Runtime& runtime, Bytes& record, const PacketObject& packet,
                   std::uint64_t size) {
    const std::size_t begin = record.size();
    record.resize(begin + size);
    if (size == 0 || runtime.probe_read(&record[begin], packet.data, size)) return true;
    runtime.stop(
        {.reason = fmt::format("the packet's {} bytes are not where its data points", size)});
    return false;
}

/// bpf_event_output: `data`, and behind it as much of the packet as `flags` ask for.
long output(Runtime& runtime, Map& map, std::uint64_t flags, const void* data, std::uint32_t size,
            const std::optional<PacketObject>& packet) {
    if (!require_map_type(runtime, map, MapType::perf_event_array)) return 0;
    const auto appended = appended_size(packet, flags);
    if (!appended) return appended.error();
    const std::uint32_t cpu = runtime.world().world().cpu;
    const std::uint64_t slot = flags & output_flag::index;
    const std::uint64_t index = slot == output_flag::current_cpu ? cpu : slot;
    if (const long error = static_cast<PerfEventArray&>(map).check_output(index, cpu)) return error;
    if (!require_output_room(runtime, size + *appended + sizeof(Event))) return 0;
    touch_readable(data, size);
    Event event{.map = map.spec().name, .cpu = static_cast<std::uint32_t>(index), .data = {}};
    const auto* bytes = static_cast<const std::byte*>(data);
    event.data.assign(bytes, bytes + size);
    if (packet && !append_packet(runtime, event.data, *packet, *appended)) return 0;
    runtime.effects().events.push_back(std::move(event));
    return 0;
}

}  // namespace

void* ringbuf_reserve(Runtime& runtime, RingBuffer& map, std::uint64_t size, std::uint64_t flags) {
    void* record = map.reserve(size, flags);
    if (!record) return nullptr;
    const auto address = reinterpret_cast<std::uint64_t>(record);
    runtime.reservations().push_back({.record = address, .map = &map});
    runtime.memory().add({.begin = address,
                          .size = size,
                          .name = {},
                          .kind = "record of ring buffer",
                          .owner = map.spec().name});
    return record;
}

void ringbuf_submit(Runtime& runtime, void* record, std::uint64_t flags) {
    if (RingBuffer* map = release(runtime, record)) map->submit(record, flags);
}

void ringbuf_discard(Runtime& runtime, void* record, std::uint64_t flags) {
    if (RingBuffer* map = release(runtime, record)) map->discard(record, flags);
}

long ringbuf_output(Runtime&, RingBuffer& map, const void* data, std::uint32_t size,
                    std::uint64_t flags) {
    return map.output(data, size, flags);
}

std::uint64_t ringbuf_query(Runtime&, RingBuffer& map, std::uint64_t flags) {
    return map.query(flags);
}

long perf_event_output(Runtime& runtime, const void*, Map& map, std::uint64_t flags,
                       const void* data, std::uint32_t size) {
    return output(runtime, map, flags, data, size, appendable(runtime));
}

long skb_output(Runtime& runtime, std::uint64_t skb, Map& map, std::uint64_t flags,
                const void* data, std::uint32_t size) {
    return output(runtime, map, flags, data, size, packet_of_skb(runtime, skb));
}

long xdp_output(Runtime& runtime, std::uint64_t xdp, Map& map, std::uint64_t flags,
                const void* data, std::uint32_t size) {
    return output(runtime, map, flags, data, size, packet_of_xdp(runtime, xdp));
}

}  // namespace bpftwin::calls

namespace bpftwin {

std::size_t discard_reservations(Runtime& runtime) {
    auto count = runtime.reservations().size();
    while (!runtime.reservations().empty())
        calls::ringbuf_discard(runtime,
                               reinterpret_cast<void*>(runtime.reservations().back().record), 0);
    return count;
}

}  // namespace bpftwin
