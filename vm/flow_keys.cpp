#include "vm/flow_keys.h"

#include <linux/bpf.h>

#include <algorithm>
#include <cstring>

#include "vm/test_run.h"

namespace bpftwin {
namespace {

Bytes bytes_of(const bpf_flow_keys& keys) {
    const auto* first = reinterpret_cast<const std::byte*>(&keys);
    return {first, first + sizeof keys};
}

}  // namespace

Bytes first_flow_keys(ByteView frame) {
    bpf_flow_keys keys{};
    keys.nhoff = keys.thoff = ethernet_header_size;
    std::memcpy(&keys.n_proto, &frame[ethernet_header_size - sizeof keys.n_proto],
                sizeof keys.n_proto);
    return bytes_of(keys);
}

Bytes checked_flow_keys(ByteView bytes, std::size_t size) {
    bpf_flow_keys keys{};
    std::memcpy(&keys, bytes.data(), std::min(bytes.size(), sizeof keys));
    const auto end = static_cast<__u16>(std::min<std::size_t>(size, 0xffff));
    keys.nhoff = std::clamp<__u16>(keys.nhoff, ethernet_header_size, end);
    keys.thoff = std::clamp<__u16>(keys.thoff, keys.nhoff, end);
    return bytes_of(keys);
}

}  // namespace bpftwin
