// Connections that programs look up, make and change (net/netfilter/nf_conntrack_bpf.c,
// net/netfilter/nf_nat_bpf.c).
#include <arpa/inet.h>
#include <netinet/in.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <expected>

#include "fmt/format.h"
#include "helpers/connections.h"
#include "helpers/jiffies.h"
#include "helpers/kfunc_calls.h"
#include "helpers/network.h"
#include "helpers/require.h"
#include "vm/runtime.h"

namespace bpftwin::kfuncs {
namespace {

/// struct bpf_ct_opts. Before Linux 6.11 it ended with two reserved bytes in place of the zone.
struct Options {
    std::int32_t netns_id;
    std::int32_t error;
    std::uint8_t protocol;
    std::uint8_t direction;
    std::uint16_t zone;
    std::uint8_t zone_directions;
    std::uint8_t reserved[3];
};
constexpr std::uint32_t old_size = 12;
static_assert(sizeof(Options) == 16);

/// What a call asks for.
struct Request {
    std::uint64_t tuple;
    std::uint32_t tuple_size;
    std::uint64_t options;
    std::uint32_t options_size;
};

struct Wanted {
    ConnectionTuple tuple;
    ConnectionZone zone;
};

bool require_readable(Runtime& runtime, std::uint64_t address, std::uint64_t size) {
    if (address == 0 || runtime.memory().allows(address, size, false)) return true;
    refuse_argument(runtime, fmt::format("no {} bytes of the program are at {:#x}", size, address));
    return false;
}

bool is_of_known_protocol(const Options& options) {
    return options.protocol == IPPROTO_TCP || options.protocol == IPPROTO_UDP;
}

/// @return a negative errno, as everything below.
int check_size(const Request& request, const Options& options) {
    if (request.options_size == old_size) return options.zone != 0 ? -EINVAL : 0;
    const bool used = std::ranges::any_of(options.reserved, [](auto byte) { return byte != 0; });
    return used ? -EINVAL : 0;
}

/// The world has one network namespace, and that has no number.
int check_namespace(const Options& options) { return options.netns_id >= 0 ? -ENONET : 0; }

ConnectionZone zone_of(const Request& request, Options& options) {
    if (request.options_size == old_size) return {};
    if (options.zone_directions == 0) options.zone_directions = ConnectionZone::both;
    return {.id = options.zone, .directions = options.zone_directions};
}

std::expected<ConnectionTuple, int> tuple_of(const Request& request, const Options& options) {
    if (!is_of_known_protocol(options)) return std::unexpected(-EPROTO);
    if (!is_sock_tuple(request.tuple_size)) return std::unexpected(-EAFNOSUPPORT);
    const SocketQuery query =
        query_from(reinterpret_cast<const void*>(request.tuple), request.tuple_size);
    return ConnectionTuple{options.protocol, query.remote, query.local, query.remote_port,
                           query.local_port};
}

std::expected<Wanted, int> read(const Request& request, Options& options, bool looks_up) {
    if (request.tuple == 0) return std::unexpected(-EINVAL);
    if (const int error = check_size(request, options)) return std::unexpected(error);
    if (looks_up && !is_of_known_protocol(options)) return std::unexpected(-EPROTO);
    if (options.netns_id < -1) return std::unexpected(-EINVAL);
    const auto tuple = tuple_of(request, options);
    if (!tuple) return std::unexpected(tuple.error());
    if (const int error = check_namespace(options)) return std::unexpected(error);
    return Wanted{*tuple, zone_of(request, options)};
}

std::uint64_t hold(ConnectionTable& table, LiveConnection& connection) {
    ++connection.held;
    table.show(connection);
    return connection.object;
}

std::expected<std::uint64_t, int> look_up(Runtime& runtime, const Request& request,
                                          Options& options) {
    const auto wanted = read(request, options, true);
    if (!wanted) return std::unexpected(wanted.error());
    ConnectionTable& table = *connections_of(runtime);
    const auto found = table.find(wanted->tuple, wanted->zone, connection_time(runtime));
    if (!found.connection) return std::unexpected(-ENOENT);
    options.direction = static_cast<std::uint8_t>(found.direction);
    return hold(table, *found.connection);
}

std::expected<std::uint64_t, int> allocate(Runtime& runtime, const Request& request,
                                           Options& options) {
    constexpr std::uint32_t lifetime = 10 * jiffies::per_second;
    const auto wanted = read(request, options, false);
    if (!wanted) return std::unexpected(wanted.error());
    const LiveConnection* made =
        connections_of(runtime)->add({.tuples = {wanted->tuple, wanted->tuple.turned()},
                                      .zone = wanted->zone,
                                      .timeout = lifetime});
    if (!made) return std::unexpected(-ENOMEM);
    return made->object;
}

/// Calls one of those two with the program's options, and writes these back.
template <class Function>
std::uint64_t with_options(Runtime& runtime, const Request& request, Function function) {
    if (!require_readable(runtime, request.tuple, request.tuple_size) ||
        !require_readable(runtime, request.options, request.options_size) ||
        !connections_of(runtime) || request.options == 0)
        return 0;
    Options options{};
    auto* const place = reinterpret_cast<std::byte*>(request.options);
    const std::uint32_t size = request.options_size;
    const bool is_known_size = size == old_size || size == sizeof options;
    // Other sizes are wrong, and the error is written nevertheless.
    std::memcpy(&options, place, std::min<std::size_t>(size, sizeof options));
    const auto result = is_known_size ? function(runtime, request, options)
                                      : std::expected<std::uint64_t, int>(std::unexpected(-EINVAL));
    if (!result) options.error = result.error();
    const std::size_t written = is_known_size ? size : offsetof(Options, protocol);
    if (runtime.memory().allows(request.options, written, true))
        std::memcpy(place, &options, written);
    return result.value_or(0);
}

/// The connection at an address; null, with the program stopped, where there is none.
LiveConnection* connection_at(Runtime& runtime, std::uint64_t address) {
    ConnectionTable* table = connections_of(runtime);
    LiveConnection* found = table ? table->at(address) : nullptr;
    if (!found) refuse_argument(runtime, fmt::format("{:#x} is no connection", address));
    return found;
}

/// __nf_ct_set_timeout.
void set_timeout(Runtime& runtime, LiveConnection& connection, std::uint32_t ms) {
    const bool counts = connection.has(ct_status::confirmed);
    connection.timeout = jiffies::of_ms(ms) + (counts ? connection_time(runtime) : 0);
    connections_of(runtime)->show(connection);
}

/// nf_ct_change_status_common: some bits never change, some are never taken away.
int change_status(Runtime& runtime, std::uint64_t address, std::uint32_t status) {
    using namespace ct_status;
    constexpr std::uint32_t decided = expected | confirmed | dying;
    constexpr std::uint32_t ignored = 0xd000 | 0x800 | 0x40 | decided | src_nat | dst_nat |
                                      src_nat_done | dst_nat_done;  // IPS_UNCHANGEABLE_MASK.
    constexpr std::uint32_t known = 0xffff;                         // Below __IPS_MAX_BIT.
    LiveConnection* connection = connection_at(runtime, address);
    if (!connection) return 0;
    const std::uint32_t lost = connection->status & ~status;
    if (((connection->status ^ status) & decided) != 0 || (lost & (seen_reply | assured)) != 0)
        return -EBUSY;
    connection->status |= status & known & ~ignored;
    connections_of(runtime)->show(*connection);
    return 0;
}

Connection described(Runtime& runtime, const LiveConnection& it) {
    constexpr std::uint32_t ms_each = 1000 / jiffies::per_second;
    const auto& [there, back] = it.tuples;
    return {.protocol = there.protocol,
            .source = there.source,
            .destination = there.destination,
            .source_port = there.source_port,
            .destination_port = there.destination_port,
            .reply_source = back.source,
            .reply_destination = back.destination,
            .reply_source_port = back.source_port,
            .reply_destination_port = back.destination_port,
            .status = it.status,
            .timeout_ms = (it.timeout - connection_time(runtime)) * ms_each,
            .mark = connections_of(runtime)->mark(it),
            .zone = it.zone.id};
}

/// What packets of a connection become, where nobody else's are like them. The kernel begins its
/// search for a free port anywhere.
ConnectionTuple translated(const ConnectionTable& table, const LiveConnection& connection,
                           ConnectionTuple tuple, std::uint16_t ConnectionTuple::* port) {
    for (unsigned tries = 0; tries < 0x10000; ++tries, ++(tuple.*port))
        if (tuple.*port != 0 && !table.knows(tuple.turned(), connection.zone)) break;
    return tuple;
}

}  // namespace

std::uint64_t bpf_xdp_ct_lookup(Runtime& runtime, std::uint64_t, std::uint64_t tuple,
                                std::uint32_t tuple_size, std::uint64_t options,
                                std::uint32_t options_size) {
    return with_options(runtime, {tuple, tuple_size, options, options_size}, look_up);
}

std::uint64_t bpf_skb_ct_lookup(Runtime& runtime, std::uint64_t context, std::uint64_t tuple,
                                std::uint32_t tuple_size, std::uint64_t options,
                                std::uint32_t options_size) {
    return bpf_xdp_ct_lookup(runtime, context, tuple, tuple_size, options, options_size);
}

std::uint64_t bpf_xdp_ct_alloc(Runtime& runtime, std::uint64_t, std::uint64_t tuple,
                               std::uint32_t tuple_size, std::uint64_t options,
                               std::uint32_t options_size) {
    return with_options(runtime, {tuple, tuple_size, options, options_size}, allocate);
}

std::uint64_t bpf_skb_ct_alloc(Runtime& runtime, std::uint64_t context, std::uint64_t tuple,
                               std::uint32_t tuple_size, std::uint64_t options,
                               std::uint32_t options_size) {
    return bpf_xdp_ct_alloc(runtime, context, tuple, tuple_size, options, options_size);
}

std::uint64_t bpf_ct_insert_entry(Runtime& runtime, std::uint64_t address) {
    LiveConnection* connection = connection_at(runtime, address);
    if (!connection) return 0;
    ConnectionTable& table = *connections_of(runtime);
    if (!table.insert(*connection, connection_time(runtime))) return 0;
    if (require_output_room(runtime, sizeof(Connection)))
        runtime.effects().socket.connections.push_back(described(runtime, *connection));
    return hold(table, *connection);
}

void bpf_ct_release(Runtime& runtime, std::uint64_t address) {
    LiveConnection* connection = connection_at(runtime, address);
    if (!connection) return;
    if (connection->held == 0)
        return refuse_argument(runtime, "the program holds no reference to that connection");
    --connection->held;
    connections_of(runtime)->show(*connection);
}

void bpf_ct_set_timeout(Runtime& runtime, std::uint64_t address, std::uint32_t ms) {
    if (LiveConnection* connection = connection_at(runtime, address))
        set_timeout(runtime, *connection, ms);
}

int bpf_ct_change_timeout(Runtime& runtime, std::uint64_t address, std::uint32_t ms) {
    LiveConnection* connection = connection_at(runtime, address);
    if (!connection) return 0;
    if (connection->has(ct_status::fixed_timeout)) return -EPERM;
    set_timeout(runtime, *connection, ms);
    return connection->has(ct_status::dying) ? -ETIME : 0;
}

int bpf_ct_set_status(Runtime& runtime, std::uint64_t address, std::uint32_t status) {
    return change_status(runtime, address, status);
}

int bpf_ct_change_status(Runtime& runtime, std::uint64_t address, std::uint32_t status) {
    return change_status(runtime, address, status);
}

int bpf_ct_set_nat_info(Runtime& runtime, std::uint64_t address, std::uint64_t to,
                        std::int32_t port, std::uint32_t manipulation) {
    LiveConnection* connection = connection_at(runtime, address);
    IpAddress new_address{.ipv6 = connection && connection->tuples[0].source.ipv6};
    if (!connection || !require_readable(runtime, to, new_address.bytes.size())) return 0;
    if (connection->has(ct_status::confirmed)) return 0;
    const bool source = manipulation == 0;  // NF_NAT_MANIP_SRC.
    const std::uint32_t done = source ? ct_status::src_nat_done : ct_status::dst_nat_done;
    if (connection->has(done)) return -ENOMEM;
    std::memcpy(new_address.bytes.data(), reinterpret_cast<const void*>(to),
                new_address.ipv6 ? 16 : 4);
    const ConnectionTuple before = connection->tuples[1].turned();
    const auto own_port =
        source ? &ConnectionTuple::source_port : &ConnectionTuple::destination_port;
    ConnectionTuple after = before;
    (source ? after.source : after.destination) = new_address;
    ConnectionTable& table = *connections_of(runtime);
    if (port > 0)
        after.*own_port = static_cast<std::uint16_t>(port);
    else
        after = translated(table, *connection, after, own_port);
    connection->tuples[1] = after.turned();
    const bool changed = after != before;
    connection->status |= done | (!changed ? 0U : source ? ct_status::src_nat : ct_status::dst_nat);
    table.show(*connection);
    return 0;
}

}  // namespace bpftwin::kfuncs
