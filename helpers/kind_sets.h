// Sets of program types and of attach types, as the rows of tables name them.
#pragma once

#include <cstdint>

#include "bpftwin/kinds.h"

namespace bpftwin {

/// Bit n: program type n.
using ProgTypes = std::uint64_t;
/// Bit n: attach type n.
using AttachTypes = std::uint64_t;

template <class Kind>
constexpr bool in_set(std::uint64_t set, Kind kind) {
    const auto number = static_cast<std::uint32_t>(kind);
    return number < 64 && ((set >> number) & 1) != 0;
}

namespace types {
#define PROG_TYPE(name, number, since) \
    [[maybe_unused]] inline constexpr ProgTypes name = ProgTypes{1} << number;
#include "bpftwin/prog_type.def"

#define PROG_TYPE(name, number, since) | name
inline constexpr ProgTypes all = 0
#include "bpftwin/prog_type.def"
    ;

/// tc_cls_act_func_proto.
inline constexpr ProgTypes tc = sched_cls | sched_act;
/// lwt_out_func_proto and those that fall back to it.
inline constexpr ProgTypes lwt = lwt_in | lwt_out | lwt_xmit | lwt_seg6local;
/// cgroup_common_func_proto.
inline constexpr ProgTypes cgroup = cgroup_skb | cgroup_sock | sock_ops | cgroup_device |
                                    cgroup_sock_addr | cgroup_sysctl | cgroup_sockopt;
}  // namespace types

namespace attach {
#define ATTACH_TYPE(name, number) \
    [[maybe_unused]] inline constexpr AttachTypes name = AttachTypes{1} << number;
#include "bpftwin/attach_type.def"

inline constexpr AttachTypes any = ~AttachTypes{0};
}  // namespace attach

}  // namespace bpftwin
