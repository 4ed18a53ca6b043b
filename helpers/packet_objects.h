// Packets as objects of the kernel (struct sk_buff and struct xdp_buff), as traced functions get
// them. Their bytes are what `data` points to; fragments are not simulated.
#pragma once

#include <cstdint>

namespace bpftwin {

class Runtime;

struct PacketObject {
    std::uint64_t data = 0;  ///< Address of the first byte.
    std::uint64_t size = 0;  ///< As the object says, wherever the bytes are.
};

PacketObject packet_of_skb(Runtime& runtime, std::uint64_t skb);
PacketObject packet_of_xdp(Runtime& runtime, std::uint64_t xdp);

}  // namespace bpftwin
