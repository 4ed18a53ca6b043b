#include "helpers/packet_objects.h"

#include "vm/kernel_objects.h"
#include "vm/runtime.h"

namespace bpftwin {

PacketObject packet_of_skb(Runtime& runtime, std::uint64_t skb) {
    KernelObjects* objects = runtime.objects();
    if (!objects) return {};
    return {.data = objects->number(skb, "sk_buff", "data"),
            .size = objects->number(skb, "sk_buff", "len")};
}

// xdp_get_buff_len of a buffer without fragments.
PacketObject packet_of_xdp(Runtime& runtime, std::uint64_t xdp) {
    KernelObjects* objects = runtime.objects();
    if (!objects) return {};
    const std::uint64_t data = objects->number(xdp, "xdp_buff", "data");
    const std::uint64_t end = objects->number(xdp, "xdp_buff", "data_end");
    return {.data = data, .size = static_cast<std::uint32_t>(end - data)};
}

}  // namespace bpftwin
