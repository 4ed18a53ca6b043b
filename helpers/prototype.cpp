// The words of helpers/helpers.def and the table made of them.
#include "helpers/prototype.h"

#include <algorithm>

#include "helpers/kind_sets.h"

namespace bpftwin {
namespace {

constexpr Arg maybe_null(Arg arg) {
    arg.or_null = true;
    return arg;
}

constexpr Arg written(Arg arg) {
    arg.write = true;
    return arg;
}

constexpr Arg uninitialised(Arg arg) {
    arg.uninit = true;
    return written(arg);
}

constexpr Arg released(Arg arg) {
    arg.release = true;
    return arg;
}

constexpr Arg fixed_size(Arg arg, std::uint16_t bytes) {
    arg.fixed = bytes;
    return arg;
}

/// What a row's `flags` may hold.
enum Flag : unsigned { none = 0, gpl = 1, packet = 2, sleeps = 4, fast = 8 };
enum class Runs : std::uint8_t { here, engine, planned };

namespace args {
constexpr Arg any{ArgType::anything};
constexpr Arg ctx{ArgType::ctx};
constexpr Arg ctx_or_null = maybe_null(ctx);
constexpr Arg map{ArgType::const_map_ptr};
constexpr Arg key{ArgType::map_key};
constexpr Arg value{ArgType::map_value};
constexpr Arg value_or_null = maybe_null(value);
constexpr Arg uninit_value = uninitialised(value);
constexpr Arg in{ArgType::mem};
constexpr Arg in_or_null = maybe_null(in);
constexpr Arg out = written(in);
constexpr Arg out_or_null = maybe_null(out);
constexpr Arg uninit = uninitialised(in);
constexpr Arg size{ArgType::const_size};
constexpr Arg size0{ArgType::const_size_or_zero};
constexpr Arg alloc_size0{ArgType::const_alloc_size_or_zero};
constexpr Arg str{ArgType::const_str};
constexpr Arg func{ArgType::func};
constexpr Arg stack_or_null = maybe_null({ArgType::stack});
constexpr Arg lock{ArgType::spin_lock};
constexpr Arg timer{ArgType::timer};
constexpr Arg record = released({ArgType::ringbuf_mem});
constexpr Arg dynptr{ArgType::dynptr};
constexpr Arg new_dynptr = uninitialised(dynptr);
constexpr Arg new_record_dynptr = uninitialised({ArgType::ringbuf_dynptr});
constexpr Arg record_dynptr = released({ArgType::ringbuf_dynptr});
constexpr Arg kptr{ArgType::kptr_xchg_dest};
constexpr Arg object{ArgType::btf_id};
constexpr Arg object_or_null = maybe_null(object);
constexpr Arg released_or_null = released(object_or_null);
constexpr Arg percpu_object{ArgType::percpu_btf_id};
constexpr Arg sock_object{ArgType::btf_id_sock_common};
constexpr Arg released_sock = released(sock_object);
constexpr Arg sock_object_or_null = maybe_null(sock_object);
constexpr Arg sock_common{ArgType::sock_common};
constexpr Arg socket_or_null = maybe_null({ArgType::socket});

constexpr Arg in_fixed(std::uint16_t bytes) { return fixed_size(in, bytes); }
constexpr Arg out_fixed(std::uint16_t bytes) { return fixed_size(out, bytes); }
constexpr Arg uninit_fixed(std::uint16_t bytes) { return fixed_size(uninit, bytes); }
}  // namespace args

namespace sets {
using namespace types;
/// bpf_base_func_proto: every type but the infrared decoders, which pick their own few.
constexpr ProgTypes every = all & ~unspec;
constexpr ProgTypes base = every & ~lirc_mode2;
/// bpf_sk_base_func_proto: the network types.
constexpr ProgTypes net = tc | lwt | socket_filter | xdp | cgroup_skb | sock_ops | sk_skb | sk_msg |
                          cgroup_sock_addr | flow_dissector | sk_lookup;
/// tracing_prog_func_proto.
constexpr ProgTypes traced = tracing | lsm | syscall;
/// bpf_tracing_func_proto.
constexpr ProgTypes tracers =
    traced | kprobe | tracepoint | perf_event | raw_tracepoint | raw_tracepoint_writable;
}  // namespace sets

constexpr Helper row(std::uint32_t id, std::string_view name, std::string_view since,
                     RetType returns, unsigned flags, ProgTypes program_types, Runs runs,
                     const std::array<Arg, 5>& args) {
    return {.id = id,
            .name = name,
            .returns = returns,
            .args = args,
            .gpl_only = (flags & gpl) != 0,
            .packet_args = (flags & packet) != 0,
            .might_sleep = (flags & sleeps) != 0,
            .fastcall = (flags & fast) != 0,
            .program_types = program_types | types::ext,
            .since = since,
            .implemented = runs != Runs::planned};
}

consteval auto make_table() {
    using namespace args;
    using namespace sets;
    return std::to_array<Helper>({
#define HELPER(id, name, since, returns, flags, program_types, runs, ...)     \
    row(id, #name, since, RetType::returns, flags, program_types, Runs::runs, \
        std::array<Arg, 5>{__VA_ARGS__}),
#include "helpers/helpers.def"
    });
}

constexpr auto table = make_table();

constexpr bool ordered_by_id() {
    for (std::uint32_t i = 0; i < table.size(); ++i)
        if (table[i].id != i + 1) return false;
    return true;
}
static_assert(ordered_by_id());

/// A helper as some program types see it.
struct Variant {
    ProgTypes types;
    Helper helper;
};

consteval Variant variant(std::string_view name, ProgTypes types, unsigned flags,
                          const std::array<Arg, 5>& args) {
    Helper helper = *std::ranges::find(table, name, &Helper::name);
    helper.args = args;
    helper.gpl_only = (flags & gpl) != 0;
    helper.fastcall = (flags & fast) != 0;
    return {types, helper};
}

consteval auto make_variants() {
    using namespace args;
    using namespace sets;
    return std::to_array<Variant>({
#define VARIANT(name, types, flags, ...) \
    variant(#name, types, flags, std::array<Arg, 5>{__VA_ARGS__}),
#include "helpers/variants.def"
    });
}
constexpr auto variants = make_variants();

}  // namespace

std::span<const Helper> helper_table() { return table; }

const Helper* helper_by_id(std::uint32_t id) {
    return id >= 1 && id <= table.size() ? &table[id - 1] : nullptr;
}

const Helper* helper_named(std::string_view name) {
    const auto found = std::ranges::find(table, name, &Helper::name);
    return found == table.end() ? nullptr : &*found;
}

bool available_to(const Helper& helper, ProgType type) {
    return in_set(helper.program_types, type);
}

const Helper& prototype_for(const Helper& helper, ProgType type) {
    const auto found = std::ranges::find_if(variants, [&](const Variant& variant) {
        return variant.helper.id == helper.id && in_set(variant.types, type);
    });
    return found == variants.end() ? helper : found->helper;
}

}  // namespace bpftwin
