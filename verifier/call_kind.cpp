// What calls of helpers do, by their prototypes (kernel/bpf/verifier.c: get_call_summary,
// is_sync_callback_calling_function; net/core/filter.c: bpf_helper_changes_pkt_data).
#include <algorithm>
#include <string_view>

#include "helpers/prototype.h"
#include "verifier/flow.h"

namespace bpftwin::verifier {
namespace {

/// Of a tail call it is what the program called may do.
constexpr std::string_view packet_changers[] = {
    "clone_redirect",   "l3_csum_replace", "l4_csum_replace",     "lwt_push_encap",
    "lwt_seg6_action",  "msg_pop_data",    "lwt_seg6_adjust_srh", "lwt_seg6_store_bytes",
    "msg_pull_data",    "msg_push_data",   "skb_adjust_room",     "skb_change_head",
    "skb_change_proto", "skb_change_tail", "skb_pull_data",       "skb_store_bytes",
    "skb_vlan_pop",     "skb_vlan_push",   "store_hdr_opt",       "xdp_adjust_head",
    "xdp_adjust_meta",  "xdp_adjust_tail", "tail_call",
};

/// Types whose prototype of a fastcall helper says so; in others it is the same helper without.
constexpr ProgType fastcall_types[] = {
    ProgType::kprobe,
    ProgType::sched_cls,
    ProgType::sched_act,
    ProgType::tracepoint,
    ProgType::xdp,
    ProgType::perf_event,
    ProgType::lwt_in,
    ProgType::lwt_out,
    ProgType::lwt_xmit,
    ProgType::tracing,
    ProgType::raw_tracepoint,
    ProgType::lwt_seg6local,
    ProgType::lsm,
    ProgType::syscall,
    ProgType::raw_tracepoint_writable,
};

bool takes(const Helper& helper, ArgType type) {
    return std::ranges::count(helper.args, type, &Arg::type) != 0;
}

CallKind kind_of(const Helper& helper) {
    const auto behind = std::ranges::find(helper.args, ArgType::none, &Arg::type);
    const bool calls_back = takes(helper, ArgType::func);
    const bool later = takes(helper, ArgType::timer);
    return {
        .parameters = static_cast<std::uint8_t>(behind - helper.args.begin()),
        .returns_value = helper.returns != RetType::void_,
        .fastcall = helper.fastcall,
        .calls_back = calls_back && !later,
        .calls_back_later = calls_back && later,
        .might_sleep = helper.might_sleep,
        .changes_pkt_data = std::ranges::count(packet_changers, helper.name) != 0,
    };
}

/// By number, so that a call costs a look-up.
const std::vector<CallKind>& kinds_of_helpers() {
    static const auto kinds = [] {
        std::vector<CallKind> all;
        for (const Helper& helper : helper_table()) all.push_back(kind_of(helper));
        return all;
    }();
    return kinds;
}

}  // namespace

CallKind helper_call_kind(std::int32_t helper, ProgType type) {
    const Helper* row = helper_by_id(static_cast<std::uint32_t>(helper));
    if (!row) return {};
    CallKind kind = kinds_of_helpers()[row->id - 1];
    kind.fastcall = kind.fastcall && std::ranges::count(fastcall_types, type) != 0;
    if (available_to(*row, type)) return kind;
    return {.calls_back = kind.calls_back,
            .calls_back_later = kind.calls_back_later,
            .changes_pkt_data = kind.changes_pkt_data};
}

}  // namespace bpftwin::verifier
