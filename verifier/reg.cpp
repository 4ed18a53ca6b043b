#include "verifier/reg.h"

#include <array>
#include <bit>

#include "fmt/format.h"

namespace bpftwin::verifier {
namespace {

/// In the order of `RegKind`.
constexpr std::array<std::string_view, 22> kind_texts{
    "?",    "scalar",  "ctx",       "map_ptr", "map_value",   "map_key",   "fp",        "pkt_meta",
    "pkt",  "pkt_end", "flow_keys", "sock",    "sock_common", "tcp_sock",  "tp_buffer", "xdp_sock",
    "ptr_", "mem",     "arena",     "buf",     "func",        "dynptr_ptr"};
static_assert(kind_texts.size() == static_cast<std::size_t>(RegKind::const_ptr_to_dynptr) + 1);

struct FlagText {
    RegFlag flag;
    std::string_view text;
};
constexpr FlagText flag_texts[] = {
    {mem_rdonly, "rdonly_"},   {mem_ringbuf, "ringbuf_"}, {mem_user, "user_"},
    {mem_percpu, "percpu_"},   {mem_rcu, "rcu_"},         {ptr_untrusted, "untrusted_"},
    {ptr_trusted, "trusted_"},
};

}  // namespace

bool Reg::is_socket() const {
    return type.kind == RegKind::ptr_to_socket || type.kind == RegKind::ptr_to_sock_common ||
           type.kind == RegKind::ptr_to_tcp_sock || type.kind == RegKind::ptr_to_xdp_sock;
}

bool Reg::is_map_pointer() const {
    return type.kind == RegKind::const_ptr_to_map || type.kind == RegKind::ptr_to_map_value ||
           type.kind == RegKind::ptr_to_map_key;
}

bool Reg::is_trusted() const {
    constexpr std::uint16_t trusting = mem_alloc | ptr_trusted | non_own_ref;
    if (ref_obj_id != 0) return true;
    const bool has_unsafe = (type.flags & ~trusting) != 0;
    switch (type.kind) {
        case RegKind::ptr_to_socket:
        case RegKind::ptr_to_sock_common:
        case RegKind::ptr_to_tcp_sock:
        case RegKind::const_ptr_to_map: return !has_unsafe;
        default: return type.has(trusting) && !has_unsafe;
    }
}

bool Reg::is_not_null() const {
    if (may_be_null()) return false;
    if (num.smin <= -max_var_off || num.smax >= max_var_off) return false;
    switch (type.kind) {
        case RegKind::ptr_to_socket:
        case RegKind::ptr_to_tcp_sock:
        case RegKind::ptr_to_xdp_sock:
        case RegKind::ptr_to_buf:
        case RegKind::ptr_to_map_value:
        case RegKind::ptr_to_map_key:
        case RegKind::ptr_to_sock_common:
        case RegKind::const_ptr_to_map: return true;
        case RegKind::ptr_to_mem: return !type.has(ptr_untrusted);
        case RegKind::ptr_to_btf_id: return is_trusted();
        default: return false;
    }
}

bool Reg::is_spillable_pointer() const {
    switch (type.kind) {
        case RegKind::not_init:
        case RegKind::scalar_value:
        case RegKind::ptr_to_tp_buffer:
        case RegKind::const_ptr_to_dynptr: return false;
        default: return true;
    }
}

unsigned width_of(const Reg& reg) { return static_cast<unsigned>(std::bit_width(reg.num.umax)); }

std::string text_of(RegType type) {
    std::string text;
    for (const auto& [flag, prefix] : flag_texts)
        if (type.has(flag)) text += prefix;
    text += kind_texts[static_cast<std::size_t>(type.kind)];
    if (type.has(maybe_null)) text += type.kind == RegKind::ptr_to_btf_id ? "or_null_" : "_or_null";
    return text;
}

std::string text_of_unsigned(std::uint64_t number) {
    return number <= UINT16_MAX ? fmt::format("{}", number) : fmt::format("{:#x}", number);
}

std::string text_of_signed(std::int64_t number) {
    return number >= INT16_MIN && number <= INT16_MAX
               ? fmt::format("{}", number)
               : fmt::format("{:#x}", static_cast<std::uint64_t>(number));
}

std::string text_of(Tnum tnum) {
    if (tnum.is_const()) return text_of_unsigned(tnum.value);
    return fmt::format("({:#x}; {:#x})", tnum.value, tnum.mask);
}

}  // namespace bpftwin::verifier
