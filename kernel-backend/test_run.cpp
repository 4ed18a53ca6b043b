#include "kernel-backend/test_run.h"

#include <linux/if_ether.h>
#include <linux/ip.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <optional>

#include "fmt/format.h"
#include "helpers/maps/attributes.h"
#include "kernel-backend/attribute.h"
#include "vm/context.h"

namespace bpftwin::kernel {
namespace {

/// What BPF_PROG_TEST_RUN takes and gives for programs of a type.
struct Rules {
    ProgType type;
    bool repeats;                 ///< `repeat` and `duration`.
    bool context_out;             ///< `ctx_out`; otherwise what the program wrote there is lost.
    bool context_shared = false;  ///< `ctx_in` is written, too.
    /// Fields of the context that come back. Null: all of them.
    std::span<const std::string_view> seen = {};
};

constexpr std::string_view skb_fields[] = {
    "mark",  "priority", "ingress_ifindex", "ifindex",  "tstamp",   "cb[0]",    "cb[1]",
    "cb[2]", "cb[3]",    "cb[4]",           "wire_len", "gso_segs", "gso_size", "hwtstamp"};
constexpr std::string_view lookup_fields[] = {"cookie"};

constexpr auto rules = std::to_array<Rules>({
    {ProgType::xdp, true, true},
    {ProgType::socket_filter, true, true, false, skb_fields},
    {ProgType::sched_cls, true, true, false, skb_fields},
    {ProgType::sched_act, true, true, false, skb_fields},
    {ProgType::cgroup_skb, true, true, false, skb_fields},
    {ProgType::lwt_in, true, true, false, skb_fields},
    {ProgType::lwt_out, true, true, false, skb_fields},
    {ProgType::lwt_xmit, true, true, false, skb_fields},
    {ProgType::lwt_seg6local, true, true, false, skb_fields},
    {ProgType::flow_dissector, true, false},
    {ProgType::sk_lookup, true, true, false, lookup_fields},
    {ProgType::raw_tracepoint, false, false},
    {ProgType::raw_tracepoint_writable, false, false},
    {ProgType::syscall, false, false, true},
    {ProgType::netfilter, true, false},
});

const Rules* rules_of(ProgType type) {
    const auto* found = std::ranges::find(rules, type, &Rules::type);
    return found == rules.end() ? nullptr : found;
}

/// Longer than any packet becomes in a program.
constexpr std::size_t most_output = std::size_t{1} << 17;

/// Bytes that came back, and which of them the kernel vouches for.
Bytes mask_of(const Rules& rule, const ContextLayout& layout) {
    Bytes mask(layout.size);
    for (const std::string_view name : rule.seen)
        if (const ContextFieldInfo* field = layout.field(name))
            std::fill_n(mask.begin() + field->offset, field->size, std::byte{0xff});
    return mask;
}

void zero_pointers(Bytes& context, const ContextLayout& layout) {
    for (const ContextFieldInfo& field : layout.fields)
        if (field.pointer && field.offset + field.size <= context.size())
            std::fill_n(context.begin() + field.offset, field.size, std::byte{0});
}

/// One test-run and the memory that it works on.
class Run {
public:
    Run(const Rules& rule, const ProgramSpec& spec, int program)
        : rule_(rule), layout_(context_layout(spec.type)) {
        attr_->test.prog_fd = static_cast<std::uint32_t>(program);
    }

    Result<RunResult> run(Kernel& kernel, const RunInput& input) {
        if (auto ok = prepare(input); !ok) return std::unexpected(ok.error());
        auto done = attr_.call(kernel, BPF_PROG_TEST_RUN);
        if (!done) return std::unexpected(refusal(done.error()));
        return result(input);
    }

private:
    Result<void> prepare(const RunInput& input) {
        auto context = Context::create(layout_.type, input, nullptr);
        if (!context) return std::unexpected(context.error());
        context_.assign(context->bytes().begin(), context->bytes().end());
        if (rule_.repeats) attr_->test.repeat = std::max(1u, input.repeat);
        if (layout_.has_packet) give_packet(input);
        if (layout_.type == ProgType::netfilter) give_hooked_packet();
        give_context();
        return {};
    }

    void give_packet(const RunInput& input) {
        packet_ = input.packet.value_or(Bytes(layout_.layer == PacketLayer::payload ? 0 : 14));
        packet_out_.resize(most_output);
        attr_->test.data_size_in = static_cast<std::uint32_t>(packet_.size());
        attr_->test.data_size_out = most_output;
        attr_.input(attr_->test.data_in, packet_);
        attr_.output(attr_->test.data_out, packet_out_);
        // Bounds are offsets there: of the packet without metadata in front.
        if (layout_.type == ProgType::xdp)
            if (const ContextFieldInfo* end = layout_.field("data_end"))
                std::memcpy(&context_[end->offset], &attr_->test.data_size_in, end->size);
    }

    // An empty IPv4 packet: there is no run without one, although programs see it by BTF only.
    void give_hooked_packet() {
        packet_.resize(sizeof(ethhdr) + sizeof(iphdr));
        packet_[offsetof(ethhdr, h_proto)] = std::byte{ETH_P_IP >> 8};
        packet_[sizeof(ethhdr)] = std::byte{0x45};
        attr_->test.data_size_in = static_cast<std::uint32_t>(packet_.size());
        attr_.input(attr_->test.data_in, packet_);
    }

    // The kernel makes the context of these types of the packet alone.
    void give_context() {
        if (layout_.type == ProgType::flow_dissector || layout_.type == ProgType::netfilter ||
            context_.empty())
            return;
        attr_->test.ctx_size_in = static_cast<std::uint32_t>(context_.size());
        attr_.input(attr_->test.ctx_in, context_, rule_.context_shared);
        if (!rule_.context_out) return;
        context_out_.resize(context_.size());
        attr_->test.ctx_size_out = static_cast<std::uint32_t>(context_out_.size());
        attr_.output(attr_->test.ctx_out, context_out_);
    }

    RunResult result(const RunInput& input) {
        RunResult result;
        result.return_value = attr_->test.retval;
        result.return_bits = 32;
        if (layout_.has_packet) {
            packet_out_.resize(std::min<std::size_t>(attr_->test.data_size_out, most_output));
            result.packet = std::move(packet_out_);
        }
        result.context = rule_.context_shared ? context_ : context_out_;
        result.context.resize(context_.size());
        if (layout_.type == ProgType::xdp) drop_metadata(result);
        zero_pointers(result.context, layout_);
        if (!rule_.context_shared) result.context_mask = mask_of(rule_, layout_);
        result.duration_ns = std::uint64_t{attr_->test.duration} * std::max(1u, input.repeat);
        return result;
    }

    // An XDP packet comes back with its metadata in front; the context's `data` is its size then.
    void drop_metadata(RunResult& result) const {
        std::uint32_t size = 0;
        std::memcpy(&size, &result.context[layout_.field("data")->offset], sizeof size);
        Bytes& packet = *result.packet;
        packet.erase(packet.begin(), packet.begin() + std::min<std::size_t>(size, packet.size()));
    }

    [[nodiscard]] Error refusal(const Error& error) const {
        if (error.code == enotsupp)
            return {fmt::format("this kernel does not test-run {} programs", name_of(layout_.type)),
                    enotsupp};
        return {fmt::format("the kernel does not test-run it on this input: {}", error.message),
                enotsupp};
    }

    const Rules& rule_;
    const ContextLayout& layout_;
    Attribute attr_;
    Bytes packet_, packet_out_, context_, context_out_;
};

}  // namespace

Result<RunResult> test_run(Kernel& kernel, int program, const ProgramSpec& spec,
                           const RunInput& input) {
    const Rules* rule = rules_of(spec.type);
    auto result = rule ? Run(*rule, spec, program).run(kernel, input)
                       : fail(fmt::format("Linux has no test-run for {} programs, it could only "
                                          "be attached",
                                          name_of(spec.type)),
                              enotsupp);
    if (!result) return std::unexpected(result.error().in("program " + spec.name));
    return result;
}

}  // namespace bpftwin::kernel
