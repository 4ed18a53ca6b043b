// TCP options that sock_ops programs read and write (net/core/filter.c bpf_sock_ops_load_hdr_opt
// and following). The event's packet, if the context points to one, begins with its TCP header;
// what is written is kept apart (`SocketEffects::header_options`), as the rest of that packet is
// the kernel's.
#include <linux/bpf.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <expected>
#include <span>

#include "helpers/calls.h"
#include "vm/context.h"
#include "vm/runtime.h"

namespace bpftwin::calls {
namespace {

using OptionBytes = std::span<const std::uint8_t>;

enum : std::uint8_t { end_of_options, padding, experimental = 254, other_experimental = 253 };

constexpr std::uint32_t most_space = 40;  // MAX_TCP_OPTION_SPACE.
constexpr std::uint32_t tcp_header = 20;

bool is_experimental(std::uint8_t kind) {
    return kind == experimental || kind == other_experimental;
}

/// The option of that kind and magic number (bpf_search_tcp_opt).
/// @return its bytes, or -ENOMSG, or -EFAULT where the options are broken.
std::expected<OptionBytes, long> find_option(OptionBytes options, std::uint8_t kind,
                                             OptionBytes magic) {
    while (!options.empty() && options[0] != end_of_options) {
        if (options[0] == padding) {
            options = options.subspan(1);
            continue;
        }
        if (options.size() < 2 || options[1] < 2 || options[1] > options.size())
            return std::unexpected(-EFAULT);
        const OptionBytes option = options.first(options[1]);
        const bool long_enough = option.size() >= magic.size() + 2;
        if (option[0] == kind && magic.empty()) return option;
        if (option[0] == kind && !long_enough) return std::unexpected(-ENOMSG);
        if (option[0] == kind && std::ranges::equal(magic, option.subspan(2, magic.size())))
            return option;
        options = options.subspan(option.size());
    }
    return std::unexpected(-ENOMSG);
}

std::uint64_t op_of(Runtime& runtime) { return runtime.context().value("op").value_or(0); }

/// Options of the packet that the event is about; empty without a packet.
OptionBytes packet_options(Runtime& runtime) {
    const std::uint64_t begin = runtime.context().value("skb_data").value_or(0);
    const std::uint64_t end = runtime.context().value("skb_data_end").value_or(0);
    if (begin == 0 || end < begin + tcp_header) return {};
    const auto size = static_cast<std::size_t>(end - begin - tcp_header);
    if (!runtime.memory().allows(begin, end - begin, false)) return {};
    return {reinterpret_cast<const std::uint8_t*>(begin + tcp_header), size};
}

OptionBytes written_options(Runtime& runtime) {
    const Bytes& bytes = runtime.effects().socket.header_options;
    return {reinterpret_cast<const std::uint8_t*>(bytes.data()), bytes.size()};
}

/// The magic number of a search; none for kinds that have no such number.
std::expected<OptionBytes, long> searched_magic(OptionBytes search) {
    if (!is_experimental(search[0]))
        return search[1] == 0 ? OptionBytes()
                              : std::expected<OptionBytes, long>(std::unexpected(-EINVAL));
    if (search[1] != 4 && search[1] != 6) return std::unexpected(-EINVAL);
    return search.subspan(2, search[1] - 2U);
}

bool has_own_meaning(std::uint8_t kind) { return kind == padding || kind == end_of_options; }

}  // namespace

long load_hdr_opt(Runtime& runtime, const void*, void* found, std::uint32_t size,
                  std::uint64_t flags) {
    constexpr std::uint64_t from_syn = 1;  // BPF_LOAD_HDR_OPT_TCP_SYN.
    if (size < 2 || (flags & ~from_syn) != 0) return -EINVAL;
    const OptionBytes search(static_cast<const std::uint8_t*>(found), size);
    if (search[1] > size || has_own_meaning(search[0])) return -EINVAL;
    const auto magic = searched_magic(search);
    if (!magic) return magic.error();
    if ((flags & from_syn) != 0) return -ENOENT;  // No SYN was saved.
    if (runtime.context().value("skb_data").value_or(0) == 0 ||
        op_of(runtime) == BPF_SOCK_OPS_HDR_OPT_LEN_CB)
        return -EPERM;
    const auto option = find_option(packet_options(runtime), search[0], *magic);
    if (!option) return option.error();
    std::memmove(found, option->data(), std::min<std::size_t>(option->size(), size));
    return option->size() > size ? -ENOSPC : static_cast<long>(option->size());
}

long store_hdr_opt(Runtime& runtime, const void*, const void* given, std::uint32_t size,
                   std::uint64_t flags) {
    if (op_of(runtime) != BPF_SOCK_OPS_WRITE_HDR_OPT_CB) return -EPERM;
    if (size < 2 || flags != 0) return -EINVAL;
    const OptionBytes option(static_cast<const std::uint8_t*>(given), size);
    const std::uint32_t length = option[1];
    if (length > size || has_own_meaning(option[0])) return -EINVAL;
    Bytes& written = runtime.effects().socket.header_options;
    if (length > most_space - written.size()) return -ENOSPC;
    if (is_experimental(option[0]) && length < 4) return -EINVAL;
    const OptionBytes magic = is_experimental(option[0]) ? option.subspan(2, 2) : OptionBytes();
    for (const OptionBytes there : {packet_options(runtime), written_options(runtime)}) {
        const auto twin = find_option(there, option[0], magic);
        if (twin || twin.error() != -ENOMSG) return twin ? -EEXIST : twin.error();
    }
    const auto* bytes = static_cast<const std::byte*>(given);
    written.insert(written.end(), bytes, bytes + length);
    return 0;
}

long reserve_hdr_opt(Runtime& runtime, const void*, std::uint32_t size, std::uint64_t flags) {
    if (op_of(runtime) != BPF_SOCK_OPS_HDR_OPT_LEN_CB) return -EPERM;
    if (flags != 0 || size < 2) return -EINVAL;
    std::uint32_t& reserved = runtime.effects().socket.reserved_options;
    if (size > most_space - reserved) return -ENOSPC;
    reserved += size;
    return 0;
}

}  // namespace bpftwin::calls
