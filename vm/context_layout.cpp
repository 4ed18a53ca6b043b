// The table of context structs, from contexts.def, context_fields.def and pt_regs.def.
#include <linux/bpf.h>
#include <linux/bpf_perf_event.h>

#include <algorithm>
#include <array>
#include <cstddef>

#include "vm/context.h"

namespace bpftwin {
namespace {

using pt_regs = bpf_user_pt_regs_t;

/// Context of raw tracepoints and BTF-typed programs: at most MAX_BPF_FUNC_ARGS 64-bit arguments.
struct args {
    __u64 args[12];
};

/// Linux 6.2 added `skb_hwtstamp` behind the last member that Debian 12's header knows.
constexpr std::size_t sock_ops_hwtstamp =
    (offsetof(bpf_sock_ops, skb_tcp_flags) + sizeof(__u32) + 7) / 8 * 8;

template <class T>
constexpr std::uint32_t size_of = sizeof(T);
template <>
constexpr std::uint32_t size_of<bpf_sock_ops> =
    std::max(sizeof(bpf_sock_ops), sock_ops_hwtstamp + 8);

struct Row {
    std::string_view structure;
    ContextFieldInfo field;
};

#define ROW(structure, member, pointer) \
    {#structure, {#member, offsetof(structure, member), sizeof(structure::member), pointer}},
#define FIELD(structure, member) ROW(structure, member, false)
#define POINTER(structure, member) ROW(structure, member, true)
#define PLACED(structure, name, offset) {#structure, {#name, offset, 8, false}},

// Rows of one struct are neighbours: `fields_of` gives them as one span.
constexpr auto rows = std::to_array<Row>({
#include "vm/context_fields.def"
#define REGISTER(member, name) \
    {"bpf_perf_event_data",    \
     {#name, offsetof(bpf_perf_event_data, regs.member), sizeof(std::uint64_t), false}},
#include "vm/pt_regs.def"
#define REGISTER(member, name) \
    {"pt_regs", {#name, offsetof(pt_regs, member), sizeof(std::uint64_t), false}},
#include "vm/pt_regs.def"
});

constexpr auto field_list = [] {
    std::array<ContextFieldInfo, rows.size()> list{};
    std::ranges::transform(rows, list.begin(), &Row::field);
    return list;
}();

consteval std::span<const ContextFieldInfo> fields_of(std::string_view structure) {
    const auto begin = std::ranges::find(rows, structure, &Row::structure);
    const auto end =
        std::find_if(begin, rows.end(), [=](const Row& row) { return row.structure != structure; });
    if (begin == end || std::ranges::count(rows, structure, &Row::structure) != end - begin)
        throw "a struct without fields, or fields of one struct in two places";
    return std::span(field_list).subspan(begin - rows.begin(), end - begin);
}

constexpr auto layouts = std::to_array<ContextLayout>({
#define PACKET_CONTEXT(prog, structure, layer, writable)                              \
    {ProgType::prog,     #structure, size_of<structure>, fields_of(#structure), true, \
     PacketLayer::layer, writable},
#define CONTEXT(prog, structure)                                                      \
    {ProgType::prog,    #structure, size_of<structure>, fields_of(#structure), false, \
     PacketLayer::link, false},
#define BYTES(prog, size) {ProgType::prog, "", size, {}, false, PacketLayer::link, false},
#include "vm/contexts.def"
});

}  // namespace

const ContextFieldInfo* ContextLayout::field(std::string_view name) const {
    const auto found = std::ranges::find(fields, name, &ContextFieldInfo::name);
    return found == fields.end() ? nullptr : &*found;
}

// BTF pointers are arguments, so these are the types whose context is an array of arguments.
bool probes_memory(ProgType type) { return context_layout(type).struct_name == "args"; }

const ContextLayout& context_layout(ProgType type) {
    const auto found = std::ranges::find(layouts, type, &ContextLayout::type);
    return found == layouts.end() ? layouts.back() : *found;
}

}  // namespace bpftwin
