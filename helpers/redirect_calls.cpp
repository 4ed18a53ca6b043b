// Redirects (net/core/filter.c, include/linux/filter.h __bpf_xdp_redirect_map). Whether the target
// exists is not looked at before the program has returned, in the kernel as here.
#include <cerrno>
#include <cstring>

#include "fmt/format.h"
#include "helpers/calls.h"
#include "helpers/map.h"
#include "helpers/network.h"
#include "helpers/require.h"
#include "vm/packet.h"
#include "vm/runtime.h"

namespace bpftwin::calls {
namespace {

namespace verdict {
constexpr long tc_shot = 2;
constexpr long tc_redirect = 7;
constexpr long xdp_aborted = 0;
constexpr long xdp_redirect = 4;
}  // namespace verdict

namespace map_flag {
constexpr std::uint64_t action = 3;  // What to return where the map has no target.
constexpr std::uint64_t broadcast = 8;
constexpr std::uint64_t exclude_ingress = 16;
}  // namespace map_flag

bool is_device_map(MapType type) { return type == MapType::devmap || type == MapType::devmap_hash; }

bool require_target_map(Runtime& runtime, const Map& map) {
    const MapType type = map.spec().type;
    if (is_device_map(type) || type == MapType::cpumap || type == MapType::xskmap) return true;
    refuse_argument(runtime, fmt::format("map {} of type {} holds no redirect targets",
                                         map.spec().name, name_of(type)));
    return false;
}

std::uint32_t ifindex_of(const Map& map, const void* target) {
    std::uint32_t ifindex = 0;
    if (target && is_device_map(map.spec().type)) std::memcpy(&ifindex, target, sizeof ifindex);
    return ifindex;
}

long redirect_to(Runtime& runtime, Redirect::Kind kind, std::uint32_t ifindex, std::uint64_t flags,
                 long result) {
    runtime.effects().redirect =
        Redirect{.kind = kind, .ifindex = ifindex, .map = {}, .key = 0, .flags = flags};
    return result;
}

}  // namespace

long clone_redirect(Runtime& runtime, Packet& packet, std::uint32_t ifindex, std::uint64_t flags) {
    constexpr std::uint64_t ingress = 1;  // BPF_F_INGRESS.
    constexpr long receive_drop = 1;      // NET_RX_DROP.
    constexpr long transmit_cn = 2;       // NET_XMIT_CN, of the queue that a device has when down.
    if ((flags & ~ingress) != 0) return -EINVAL;
    const Interface* device = interface_of(network_of(runtime), ifindex);
    if (!device) return -EINVAL;
    if (packet.link_header() >= packet.network_header() || packet.size() == 0) return -ERANGE;
    if (!device->up) return flags == ingress ? receive_drop : transmit_cn;
    if (!require_output_room(runtime, packet.size() + sizeof(Clone))) return 0;
    const ByteView bytes = packet.bytes();
    runtime.effects().clones.push_back(
        {.ifindex = ifindex, .flags = flags, .packet = Bytes(bytes.begin(), bytes.end())});
    return 0;
}

long redirect(Runtime& runtime, std::uint32_t ifindex, std::uint64_t flags) {
    constexpr std::uint64_t ingress = 1;  // BPF_F_INGRESS.
    if (runtime.program().type == ProgType::xdp) {
        if (flags != 0) return verdict::xdp_aborted;
        return redirect_to(runtime, Redirect::Kind::device, ifindex, flags, verdict::xdp_redirect);
    }
    if ((flags & ~ingress) != 0) return verdict::tc_shot;
    return redirect_to(runtime, Redirect::Kind::device, ifindex, flags, verdict::tc_redirect);
}

long redirect_peer(Runtime& runtime, std::uint32_t ifindex, std::uint64_t flags) {
    if (flags != 0) return verdict::tc_shot;
    return redirect_to(runtime, Redirect::Kind::peer, ifindex, flags, verdict::tc_redirect);
}

long redirect_neigh(Runtime& runtime, std::uint32_t ifindex, const void*, int size,
                    std::uint64_t flags) {
    constexpr int params_size = 20;  // struct bpf_redir_neigh.
    if ((size != 0 && size < params_size) || flags != 0) return verdict::tc_shot;
    return redirect_to(runtime, Redirect::Kind::neighbour, ifindex, flags, verdict::tc_redirect);
}

long redirect_map(Runtime& runtime, Map& map, std::uint64_t key, std::uint64_t flags) {
    if (!require_target_map(runtime, map)) return verdict::xdp_aborted;
    const std::uint64_t extra =
        is_device_map(map.spec().type) ? map_flag::broadcast | map_flag::exclude_ingress : 0;
    if ((flags & ~(map_flag::action | extra)) != 0) return verdict::xdp_aborted;
    const auto index = static_cast<std::uint32_t>(key);
    const void* target = map.lookup_elem(&index, runtime.world().world().cpu);
    if (!target && (flags & map_flag::broadcast) == 0) {
        runtime.effects().redirect.reset();
        return static_cast<long>(flags & map_flag::action);
    }
    runtime.effects().redirect = Redirect{.kind = Redirect::Kind::map,
                                          .ifindex = ifindex_of(map, target),
                                          .map = map.spec().name,
                                          .key = key,
                                          .flags = flags};
    return verdict::xdp_redirect;
}

}  // namespace bpftwin::calls
