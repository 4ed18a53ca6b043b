// What a device tells of a received packet (net/core/xdp.c; drivers as drivers/net/veth.c).
#include <arpa/inet.h>

#include <cerrno>
#include <cstring>

#include "fmt/format.h"
#include "helpers/kfunc_calls.h"
#include "helpers/network.h"
#include "helpers/require.h"
#include "vm/runtime.h"

namespace bpftwin::kfuncs {
namespace {

/// Writes to the program's memory; stops the program where that is none.
template <class T>
void give(Runtime& runtime, std::uint64_t address, T value) {
    if (runtime.memory().allows(address, sizeof value, true))
        std::memcpy(reinterpret_cast<void*>(address), &value, sizeof value);
    else
        refuse_argument(runtime, fmt::format("{:#x} is not the program's memory", address));
}

/// What drivers without such a function give, and those with one of packets without such a value.
template <class T>
int missing(const ReceiveMetadata::Told<T>& told) {
    return !told ? -EOPNOTSUPP : !*told ? -ENODATA : 0;
}

}  // namespace

int bpf_xdp_metadata_rx_timestamp(Runtime& runtime, std::uint64_t, std::uint64_t timestamp) {
    const auto& told = network_of(runtime).metadata.timestamp;
    if (const int error = missing(told)) return error;
    give(runtime, timestamp, **told);
    return 0;
}

int bpf_xdp_metadata_rx_hash(Runtime& runtime, std::uint64_t, std::uint64_t hash,
                             std::uint64_t type) {
    const auto& told = network_of(runtime).metadata.hash;
    if (const int error = missing(told)) return error;
    give(runtime, hash, (*told)->value);
    give(runtime, type, (*told)->type);
    return 0;
}

int bpf_xdp_metadata_rx_vlan_tag(Runtime& runtime, std::uint64_t, std::uint64_t protocol,
                                 std::uint64_t tci) {
    const auto& told = network_of(runtime).metadata.vlan;
    if (const int error = missing(told)) return error;
    give(runtime, protocol, htons((*told)->protocol));
    give(runtime, tci, (*told)->tci);
    return 0;
}

}  // namespace bpftwin::kfuncs
