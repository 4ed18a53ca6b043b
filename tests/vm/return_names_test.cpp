#include "vm/return_names.h"

#include <linux/bpf.h>
#include <linux/pkt_cls.h>

#include "gtest/gtest.h"

namespace bpftwin {
namespace {

TEST(return_name, xdp_actions_are_those_of_the_kernel_header) {
    EXPECT_EQ(return_name(ProgType::xdp, {}, XDP_ABORTED), "XDP_ABORTED");
    EXPECT_EQ(return_name(ProgType::xdp, {}, XDP_DROP), "XDP_DROP");
    EXPECT_EQ(return_name(ProgType::xdp, {}, XDP_PASS), "XDP_PASS");
    EXPECT_EQ(return_name(ProgType::xdp, {}, XDP_TX), "XDP_TX");
    EXPECT_EQ(return_name(ProgType::xdp, {}, XDP_REDIRECT), "XDP_REDIRECT");
}

TEST(return_name, tc_verdicts_are_those_of_the_kernel_header) {
    EXPECT_EQ(return_name(ProgType::sched_cls, {}, TC_ACT_OK), "TC_ACT_OK");
    EXPECT_EQ(return_name(ProgType::sched_cls, {}, TC_ACT_SHOT), "TC_ACT_SHOT");
    EXPECT_EQ(return_name(ProgType::sched_act, {}, TC_ACT_PIPE), "TC_ACT_PIPE");
    EXPECT_EQ(return_name(ProgType::sched_cls, {}, TC_ACT_REDIRECT), "TC_ACT_REDIRECT");
    EXPECT_EQ(return_name(ProgType::sched_cls, {}, TC_ACT_TRAP), "TC_ACT_TRAP");
}

TEST(return_name, only_the_low_half_counts) {
    EXPECT_EQ(return_name(ProgType::sched_cls, {}, 0xffff'ffff), "TC_ACT_UNSPEC");
    EXPECT_EQ(return_name(ProgType::sched_cls, {}, ~0ull), "TC_ACT_UNSPEC");
    EXPECT_EQ(return_name(ProgType::xdp, {}, 0x1'0000'0002), "XDP_PASS");
}

TEST(return_name, socket_verdicts_are_those_of_the_kernel_header) {
    EXPECT_EQ(return_name(ProgType::sk_msg, {}, SK_PASS), "SK_PASS");
    EXPECT_EQ(return_name(ProgType::sk_lookup, {}, SK_DROP), "SK_DROP");
    EXPECT_EQ(return_name(ProgType::lwt_xmit, {}, BPF_LWT_REROUTE), "BPF_LWT_REROUTE");
}

TEST(return_name, attach_type_tells_siblings_apart) {
    EXPECT_EQ(return_name(ProgType::sched_cls, AttachType::tcx_ingress, ~0ull), "TCX_NEXT");
    EXPECT_EQ(return_name(ProgType::sched_cls, AttachType::netkit_peer, 2), "NETKIT_DROP");
    EXPECT_EQ(return_name(ProgType::sk_skb, AttachType::sk_skb_stream_verdict, 1), "SK_PASS");
    EXPECT_EQ(return_name(ProgType::sk_skb, AttachType::sk_skb_stream_parser, 1), std::nullopt);
}

TEST(return_name, plain_numbers_have_none) {
    EXPECT_EQ(return_name(ProgType::kprobe, {}, 0), std::nullopt);
    EXPECT_EQ(return_name(ProgType::socket_filter, {}, 1), std::nullopt);
    EXPECT_EQ(return_name(ProgType::xdp, {}, 77), std::nullopt);
    EXPECT_EQ(return_name(static_cast<ProgType>(999), {}, 0), std::nullopt);
}

}  // namespace
}  // namespace bpftwin
