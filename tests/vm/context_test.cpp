#include "vm/context.h"

#include <linux/bpf.h>
#include <linux/bpf_perf_event.h>

#include <cerrno>
#include <cstring>
#include <initializer_list>

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "vm/memory.h"
#include "vm/packet.h"

namespace bpftwin {
namespace {

using testing::ElementsAre;
using testing::ElementsAreArray;
using testing::HasSubstr;

Bytes bytes_of(std::initializer_list<int> values) {
    Bytes bytes;
    for (const int value : values) bytes.push_back(static_cast<std::byte>(value));
    return bytes;
}

/// A 64-byte frame to 02:00:00:00:00:01 with an IPv4 header from 10.0.0.1 to 10.0.0.2.
Bytes ipv4_frame() {
    Bytes frame = bytes_of({2, 0, 0, 0, 0, 1, 2, 0, 0, 0, 0, 2, 0x08, 0x00, 0x45});
    frame.resize(64);
    frame[26] = frame[30] = std::byte{10};
    frame[29] = std::byte{1};
    frame[33] = std::byte{2};
    return frame;
}

/// A 64-byte broadcast frame with an IPv6 header from ::7 to ::9.
Bytes ipv6_frame() {
    Bytes frame(64);
    std::fill_n(frame.begin(), 6, std::byte{0xff});
    frame[12] = std::byte{0x86};
    frame[13] = std::byte{0xdd};
    frame[37] = std::byte{7};
    frame[53] = std::byte{9};
    return frame;
}

class context : public testing::Test {
protected:
    Result<Context> create(ProgType type) {
        return Context::create(type, input, context_layout(type).has_packet ? &*packet : nullptr);
    }
    Context make(ProgType type) {
        Result<Context> made = create(type);
        if (!made) throw std::runtime_error(made.error().message);
        return std::move(*made);
    }
    Error error(ProgType type) {
        const Result<Context> made = create(type);
        return made ? Error{"no error"} : made.error();
    }

    RunInput input;
    std::unique_ptr<Packet> packet = *Packet::create();
};

TEST_F(context, layouts_have_the_sizes_of_the_kernels_structs) {
    EXPECT_EQ(context_layout(ProgType::xdp).size, 24u);
    EXPECT_EQ(context_layout(ProgType::sched_cls).size, 192u);
    EXPECT_EQ(context_layout(ProgType::cgroup_sock).size, 80u);
    EXPECT_EQ(context_layout(ProgType::cgroup_sock_addr).size, 72u);
    EXPECT_EQ(context_layout(ProgType::sock_ops).size, 224u);
    EXPECT_EQ(context_layout(ProgType::sk_msg).size, 80u);
    EXPECT_EQ(context_layout(ProgType::sk_reuseport).size, 56u);
    EXPECT_EQ(context_layout(ProgType::sk_lookup).size, 72u);
    EXPECT_EQ(context_layout(ProgType::cgroup_device).size, 12u);
    EXPECT_EQ(context_layout(ProgType::cgroup_sysctl).size, 8u);
    EXPECT_EQ(context_layout(ProgType::cgroup_sockopt).size, 40u);
    EXPECT_EQ(context_layout(ProgType::kprobe).size, sizeof(bpf_user_pt_regs_t));
    EXPECT_EQ(context_layout(ProgType::perf_event).size, sizeof(bpf_perf_event_data));
}

TEST_F(context, every_program_type_has_a_row_and_fields_inside_its_struct) {
    for (const ProgType type : {
#define PROG_TYPE(name, ...) ProgType::name,
#include "bpftwin/prog_type.def"
         }) {
        const ContextLayout& layout = context_layout(type);
        EXPECT_EQ(layout.type, type) << name_of(type);
        for (const ContextFieldInfo& field : layout.fields) {
            EXPECT_LE(std::uint32_t{field.offset} + field.size, layout.size) << field.name;
            EXPECT_EQ(layout.field(field.name), &field) << field.name << " stands twice";
            EXPECT_THAT(field.size, testing::AnyOf(1, 2, 4, 8)) << field.name;
        }
    }
}

TEST_F(context, an_unknown_program_type_has_plain_bytes) {
    EXPECT_TRUE(context_layout(static_cast<ProgType>(0xffff'ffff)).is_bytes());
}

TEST_F(context, xdp_points_at_the_packet) {
    input.packet = ipv4_frame();
    const Context made = make(ProgType::xdp);
    EXPECT_EQ(made.value("data"), packet->data());
    EXPECT_EQ(made.value("data_end"), packet->data() + 64);
    EXPECT_EQ(made.value("data_meta"), packet->data());
    EXPECT_EQ(made.value("ingress_ifindex"), 1u);
    EXPECT_EQ(made.value("rx_queue_index"), 0u);
}

TEST_F(context, xdp_bytes_are_the_uapi_struct) {
    input.fields = {{"ingress_ifindex", 3}, {"rx_queue_index", 4}};
    Context made = make(ProgType::xdp);
    xdp_md md{};
    ASSERT_EQ(made.bytes().size(), sizeof md);
    std::memcpy(&md, reinterpret_cast<const void*>(made.address()), sizeof md);
    EXPECT_EQ(md.data, packet->data());
    EXPECT_EQ(md.ingress_ifindex, 3u);
    EXPECT_EQ(md.rx_queue_index, 4u);
}

TEST_F(context, without_a_packet_an_empty_ethernet_frame_is_given) {
    make(ProgType::xdp);
    EXPECT_THAT(packet->bytes(), ElementsAreArray(Bytes(14)));
    EXPECT_EQ(make(ProgType::cgroup_skb).value("len"), 0u);
}

TEST_F(context, tc_begins_at_the_ethernet_header) {
    input.packet = ipv4_frame();
    const Context made = make(ProgType::sched_cls);
    EXPECT_EQ(made.value("data"), packet->link_header());
    EXPECT_EQ(made.value("len"), 64u);
    EXPECT_EQ(made.value("wire_len"), 64u);
    EXPECT_EQ(made.value("protocol"), 0x0008u);
    EXPECT_EQ(made.value("pkt_type"), 3u);
    EXPECT_EQ(made.value("ifindex"), 1u);
    EXPECT_EQ(made.value("ingress_ifindex"), 0u);
}

TEST_F(context, other_skb_programs_begin_behind_it) {
    input.packet = ipv4_frame();
    for (const ProgType type : {ProgType::socket_filter, ProgType::cgroup_skb, ProgType::lwt_in,
                                ProgType::lwt_out, ProgType::lwt_xmit}) {
        const Context made = make(type);
        EXPECT_EQ(made.value("data"), packet->link_header() + 14) << name_of(type);
        EXPECT_EQ(made.value("len"), 50u) << name_of(type);
        EXPECT_EQ(made.value("protocol"), 0x0008u) << name_of(type);
    }
}

TEST_F(context, payload_programs_get_the_packet_as_it_is) {
    input.packet = bytes_of({1, 2, 3});
    EXPECT_EQ(make(ProgType::sk_skb).value("len"), 3u);
    const Context made = make(ProgType::sk_msg);
    EXPECT_EQ(made.value("size"), 3u);
    EXPECT_EQ(*made.value("data_end") - *made.value("data"), 3u);
}

TEST_F(context, cgroup_skb_has_a_socket_at_the_packets_source) {
    input.packet = ipv4_frame();
    const Context ipv4 = make(ProgType::cgroup_skb);
    EXPECT_EQ(ipv4.value("family"), 2u);
    EXPECT_EQ(ipv4.value("local_ip4"), 0x0100000au);
    EXPECT_EQ(ipv4.value("remote_ip4"), 0x0200000au);
    input.packet = ipv6_frame();
    const Context ipv6 = make(ProgType::cgroup_skb);
    EXPECT_EQ(ipv6.value("family"), 10u);
    EXPECT_EQ(ipv6.value("local_ip6[3]"), 0x07000000u);
    EXPECT_EQ(ipv6.value("remote_ip6[3]"), 0x09000000u);
}

TEST_F(context, packet_type_is_that_of_the_loopback_device) {
    const auto type_of = [&](Bytes frame) {
        input.packet = std::move(frame);
        return make(ProgType::sched_cls).value("pkt_type");
    };
    EXPECT_EQ(type_of(Bytes(64)), 0u);
    EXPECT_EQ(type_of(ipv6_frame()), 2u) << "its broadcast address is not ff:ff:ff:ff:ff:ff";
}

TEST_F(context, protocol_of_a_frame_with_a_length_is_802) {
    input.packet = bytes_of({0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0x30, 0xff, 0xff});
    EXPECT_EQ(make(ProgType::sched_cls).value("protocol"), 0x0100u);
    input.packet->back() = std::byte{0};
    EXPECT_EQ(make(ProgType::sched_cls).value("protocol"), 0x0400u);
    input.packet->resize(14);
    EXPECT_EQ(make(ProgType::sched_cls).value("protocol"), 0x0400u);
}

TEST_F(context, raw_bytes_and_fields_win_over_defaults) {
    __sk_buff raw{};
    raw.mark = 7;
    raw.cb[2] = 9;
    raw.protocol = 1;
    raw.data = 0xdead;
    const auto* first = reinterpret_cast<const std::byte*>(&raw);
    input.context = Bytes(first, first + sizeof raw);
    input.fields = {{"mark", 8}};
    const Context made = make(ProgType::sched_cls);
    EXPECT_EQ(made.value("mark"), 8u);
    EXPECT_EQ(made.value("cb[2]"), 9u);
    EXPECT_EQ(made.value("protocol"), 1u);
    EXPECT_EQ(made.value("data"), packet->data());
}

TEST_F(context, raw_bytes_may_be_short_or_have_zeros_behind) {
    input.context = bytes_of({5, 0, 0, 0});
    EXPECT_EQ(make(ProgType::cgroup_sysctl).value("write"), 5u);
    input.context->resize(20);
    EXPECT_EQ(make(ProgType::cgroup_sysctl).bytes().size(), 8u);
    input.context->back() = std::byte{1};
    EXPECT_EQ(error(ProgType::cgroup_sysctl).code, E2BIG);
}

TEST_F(context, elements_of_arrays_have_names) {
    input.fields = {{"cb[4]", 11}, {"remote_ip6[3]", 12}};
    const Context made = make(ProgType::sk_skb);
    EXPECT_EQ(made.value("cb[4]"), 11u);
    EXPECT_EQ(made.value("remote_ip6[3]"), 12u);
    EXPECT_EQ(made.value("cb[5]"), std::nullopt);
}

TEST_F(context, raw_tracepoints_have_arguments) {
    input.fields = {{"args[1]", 0x1234'5678'9abc}};
    const Context made = make(ProgType::raw_tracepoint);
    EXPECT_EQ(made.value("u64[8]"), 0x1234'5678'9abcu);
}

TEST_F(context, probe_arguments_have_the_same_names_on_every_machine) {
    input.fields = {{"parm1", 1}, {"parm2", 2}, {"parm6", 6}, {"rc", 7}, {"ip", 8}, {"sp", 9}};
    Context made = make(ProgType::kprobe);
    bpf_user_pt_regs_t regs{};
    std::memcpy(&regs, made.bytes().data(), sizeof regs);
#if defined(__x86_64__)
    EXPECT_EQ(regs.rdi, 1u);
    EXPECT_EQ(regs.rsi, 2u);
    EXPECT_EQ(regs.r9, 6u);
    EXPECT_EQ(regs.rax, 7u);
    EXPECT_EQ(regs.rip, 8u);
    EXPECT_EQ(regs.rsp, 9u);
    EXPECT_EQ(made.value("di"), 1u);
#elif defined(__aarch64__)
    EXPECT_EQ(regs.regs[1], 2u);
    EXPECT_EQ(regs.regs[5], 6u);
    EXPECT_EQ(regs.regs[0], 7u) << "return value and first argument are one register";
    EXPECT_EQ(regs.pc, 8u);
    EXPECT_EQ(regs.sp, 9u);
    EXPECT_EQ(made.value("x1"), 2u);
#endif
}

TEST_F(context, perf_events_have_registers_and_a_sample) {
    input.fields = {{"ip", 0xffff'8000'0000'1000}, {"sample_period", 3}, {"addr", 4}};
    Context made = make(ProgType::perf_event);
    bpf_perf_event_data data{};
    std::memcpy(&data, made.bytes().data(), sizeof data);
    EXPECT_EQ(made.value("ip"), 0xffff'8000'0000'1000u);
    EXPECT_EQ(data.sample_period, 3u);
    EXPECT_EQ(data.addr, 4u);
}

TEST_F(context, tracepoint_records_are_bytes_named_by_offset) {
    input.fields = {{"u32[16]", 42}, {"u8[255]", 1}};
    Context made = make(ProgType::tracepoint);
    EXPECT_EQ(made.bytes().size(), 256u);
    EXPECT_EQ(made.bytes()[16], std::byte{42});
    EXPECT_EQ(made.value("u64[16]"), 42u);
    input.fields.clear();
    input.context = Bytes(1000);
    EXPECT_EQ(make(ProgType::tracepoint).bytes().size(), 1000u);
}

TEST_F(context, fields_by_offset_stay_inside) {
    for (const char* name : {"u16[255]", "u64[249]", "u8[256]", "u32[99999]", "u32[-1]", "u32[]",
                             "u32[4", "u32[4]x", "u32", "u24[0]", ""}) {
        input.fields = {{name, 1}};
        EXPECT_THAT(error(ProgType::tracepoint).message, HasSubstr("256 plain bytes")) << name;
    }
}

TEST_F(context, an_unknown_field_is_answered_with_near_names) {
    input.fields = {{"ingres_ifindex", 1}};
    EXPECT_EQ(error(ProgType::xdp).message,
              "context of xdp: struct xdp_md has no field \"ingres_ifindex\"; did you mean: "
              "ingress_ifindex");
    input.fields = {{"colour", 1}};
    EXPECT_THAT(error(ProgType::cgroup_sysctl).message,
                HasSubstr("its fields are: write, file_pos"));
}

TEST_F(context, a_value_must_fit_its_field_signed_or_unsigned) {
    input.fields = {{"mark", 0x1'0000'0000}};
    EXPECT_THAT(error(ProgType::sched_cls).message, HasSubstr("4294967296 does not fit"));
    input.fields = {{"mark", 0xffff'ffff}};
    EXPECT_EQ(make(ProgType::sched_cls).value("mark"), 0xffff'ffffu);
    input.fields = {{"retval", static_cast<std::uint64_t>(-5)}};
    EXPECT_EQ(make(ProgType::cgroup_sockopt).value("retval"), 0xffff'fffbu);
    input.fields = {{"tstamp_type", static_cast<std::uint64_t>(-129)}};
    EXPECT_EQ(error(ProgType::sched_cls).code, EINVAL);
}

TEST_F(context, bounds_of_the_packet_cannot_be_set) {
    for (const char* name : {"data", "data_end", "data_meta", "len"}) {
        input.fields = {{name, 1}};
        EXPECT_THAT(error(ProgType::sched_cls).message, HasSubstr("follows the packet")) << name;
    }
}

TEST_F(context, a_frame_shorter_than_its_header_is_refused) {
    input.packet = Bytes(13);
    EXPECT_EQ(error(ProgType::xdp).code, EINVAL);
    EXPECT_THAT(error(ProgType::sched_cls).message, HasSubstr("13 bytes is shorter"));
    input.packet = Bytes(Packet::max_size + 1);
    EXPECT_EQ(error(ProgType::xdp).code, EINVAL);
}

TEST_F(context, an_unspecified_program_gets_the_bytes_it_is_given) {
    EXPECT_EQ(make(ProgType::unspec).address(), 0u);
    input.context = bytes_of({1, 2, 3});
    Context made = make(ProgType::unspec);
    EXPECT_NE(made.address(), 0u);
    EXPECT_THAT(made.bytes(), ElementsAre(std::byte{1}, std::byte{2}, std::byte{3}));
}

TEST_F(context, follow_packet_moves_fields_and_region) {
    input.packet = ipv4_frame();
    Context made = make(ProgType::xdp);
    Memory memory;
    made.follow_packet(memory);
    const std::uint32_t data = packet->data();
    EXPECT_TRUE(memory.allows(data, 64, true));
    EXPECT_FALSE(memory.allows(data - 8, 8, false));
    EXPECT_FALSE(memory.allows(data + 64, 1, false));

    packet->move(data - 8, data - 4, data + 32);
    made.follow_packet(memory);
    EXPECT_EQ(made.value("data_meta"), data - 8);
    EXPECT_EQ(made.value("data"), data - 4);
    EXPECT_EQ(made.value("data_end"), data + 32);
    EXPECT_TRUE(memory.allows(data - 8, 40, true));
    EXPECT_FALSE(memory.allows(data + 32, 1, false));
    ASSERT_NE(memory.nearest(data), nullptr);
    EXPECT_EQ(memory.nearest(data)->name, "packet");
}

TEST_F(context, restart_brings_back_the_first_state) {
    input.packet = ipv4_frame();
    input.fields = {{"mark", 3}};
    Context made = make(ProgType::cgroup_skb);
    Memory memory;
    made.attach(memory);
    EXPECT_TRUE(memory.allows(made.address(), made.size(), true));
    const Bytes before(made.bytes().begin(), made.bytes().end());
    packet->move(packet->meta(), packet->data() + 20, packet->data_end() - 4);
    made.follow_packet(memory);
    ASSERT_TRUE(made.set("mark", 4));
    made.restart(memory);
    EXPECT_THAT(made.bytes(), ElementsAreArray(before));
    EXPECT_EQ(packet->size(), 50u);
    EXPECT_TRUE(memory.allows(packet->data(), 50, false));
}

TEST_F(context, packets_of_observers_are_read_only) {
    input.packet = ipv4_frame();
    for (const auto& [type, writable] : {std::pair{ProgType::sched_cls, true},
                                         {ProgType::lwt_xmit, true},
                                         {ProgType::cgroup_skb, false},
                                         {ProgType::flow_dissector, false}}) {
        Context made = make(type);
        Memory memory;
        made.follow_packet(memory);
        EXPECT_TRUE(memory.allows(packet->data(), 1, false)) << name_of(type);
        EXPECT_EQ(memory.allows(packet->data(), 1, true), writable) << name_of(type);
    }
}

TEST_F(context, an_empty_packet_has_no_region) {
    Context made = make(ProgType::cgroup_skb);
    Memory memory;
    made.follow_packet(memory);
    EXPECT_FALSE(memory.allows(packet->data(), 1, false));
    packet->move(packet->meta(), packet->data(), packet->data_end() + 4);
    made.follow_packet(memory);
    EXPECT_TRUE(memory.allows(packet->data(), 4, false));
}

TEST_F(context, results_have_no_pointers) {
    input.fields = {{"ingress_ifindex", 3}, {"egress_ifindex", 4}};
    const Context made = make(ProgType::xdp);
    EXPECT_THAT(made.without_pointers(),
                ElementsAreArray(bytes_of(
                    {0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 3, 0, 0, 0, 0, 0, 0, 0, 4, 0, 0, 0})));
}

TEST_F(context, packet_comes_back_as_the_test_run_gives_it) {
    input.packet = ipv4_frame();
    EXPECT_EQ(make(ProgType::sched_cls).packet_afterwards(), ipv4_frame());
    Bytes without_header = ipv4_frame();
    std::fill_n(without_header.begin(), 14, std::byte{0});
    EXPECT_EQ(make(ProgType::lwt_in).packet_afterwards(), without_header);
    EXPECT_EQ(make(ProgType::kprobe).packet_afterwards(), std::nullopt);
}

TEST_F(context, flow_dissectors_get_keys_and_return_them) {
    input.packet = ipv6_frame();
    Context made = make(ProgType::flow_dissector);
    Memory memory;
    made.attach(memory);
    const std::uint64_t address = *made.value("flow_keys");
    EXPECT_TRUE(memory.allows(address, sizeof(bpf_flow_keys), true));
    auto* keys = reinterpret_cast<bpf_flow_keys*>(address);
    EXPECT_EQ(keys->nhoff, 14u);
    EXPECT_EQ(keys->thoff, 14u);
    EXPECT_EQ(keys->n_proto, 0xdd86u);
    keys->thoff = 1000;
    keys->ip_proto = 7;
    const Bytes after = *made.packet_afterwards();
    EXPECT_THAT(ByteView(after).first(14),
                ElementsAreArray(bytes_of({14, 0, 64, 0, 0, 0, 0, 0, 0, 7, 0x86, 0xdd, 0, 0})));
    made.restart(memory);
    EXPECT_EQ(made.value("flow_keys"), address);
    EXPECT_EQ(keys->thoff, 14u);
}

TEST_F(context, sock_ops_knows_a_field_newer_than_the_header) {
    input.fields = {{"skb_hwtstamp", 5}};
    EXPECT_EQ(make(ProgType::sock_ops).value("u64[216]"), 5u);
}

}  // namespace
}  // namespace bpftwin
