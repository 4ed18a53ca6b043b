#include "vm/return_names.h"

#include <algorithm>
#include <array>

namespace bpftwin {
namespace {

/// Places where return values mean the same.
enum class Hook : std::uint8_t {
    number,
    xdp,
    tc,
    tcx,
    netkit,
    lwt,
    flow_dissector,
    sk,
    netfilter,
};

struct Name {
    Hook hook;
    std::int32_t value;
    std::string_view name;
};

constexpr auto names = std::to_array<Name>({
#define RETURN_NAME(hook, value, name) {Hook::hook, value, #name},
#include "vm/return_names.def"
});

struct TypeHook {
    ProgType type;
    Hook hook;
};

constexpr auto type_hooks = std::to_array<TypeHook>({
    {ProgType::xdp, Hook::xdp},
    {ProgType::sched_cls, Hook::tc},
    {ProgType::sched_act, Hook::tc},
    {ProgType::lwt_in, Hook::lwt},
    {ProgType::lwt_out, Hook::lwt},
    {ProgType::lwt_xmit, Hook::lwt},
    {ProgType::lwt_seg6local, Hook::lwt},
    {ProgType::flow_dissector, Hook::flow_dissector},
    {ProgType::sk_skb, Hook::sk},
    {ProgType::sk_msg, Hook::sk},
    {ProgType::sk_lookup, Hook::sk},
    {ProgType::sk_reuseport, Hook::sk},
    {ProgType::netfilter, Hook::netfilter},
});

struct AttachHook {
    AttachType attach;
    Hook hook;
};

/// Attach types whose values differ from their program type's; a stream parser returns a length.
constexpr auto attach_hooks = std::to_array<AttachHook>({
    {AttachType::tcx_ingress, Hook::tcx},
    {AttachType::tcx_egress, Hook::tcx},
    {AttachType::netkit_primary, Hook::netkit},
    {AttachType::netkit_peer, Hook::netkit},
    {AttachType::sk_skb_stream_parser, Hook::number},
});

Hook hook_of(ProgType type, std::optional<AttachType> attach) {
    const auto special = std::ranges::find(attach_hooks, attach, &AttachHook::attach);
    if (special != attach_hooks.end()) return special->hook;
    const auto usual = std::ranges::find(type_hooks, type, &TypeHook::type);
    return usual == type_hooks.end() ? Hook::number : usual->hook;
}

}  // namespace

std::optional<std::string_view> return_name(ProgType type, std::optional<AttachType> attach,
                                            std::uint64_t value) {
    const Hook hook = hook_of(type, attach);
    const auto low = static_cast<std::int32_t>(value);
    const auto found = std::ranges::find_if(
        names, [=](const Name& row) { return row.hook == hook && row.value == low; });
    if (found == names.end()) return std::nullopt;
    return found->name;
}

}  // namespace bpftwin
