#include "helpers/connections.h"

#include <arpa/inet.h>
#include <sys/socket.h>

#include <algorithm>
#include <cstring>

#include "fmt/format.h"
#include "helpers/jiffies.h"
#include "helpers/network.h"
#include "vm/kernel_objects.h"
#include "vm/runtime.h"

namespace bpftwin {
namespace {

LiveConnection live(const Connection& given, std::uint32_t now) {
    return {.tuples = {{given.protocol, given.source, given.destination, given.source_port,
                        given.destination_port},
                       {given.protocol, given.reply_source, given.reply_destination,
                        given.reply_source_port, given.reply_destination_port}},
            .zone = {.id = given.zone},
            .status = given.status,
            .timeout = now + jiffies::of_ms(given.timeout_ms)};
}

/// Whether packets of a connection in that direction are those that are looked for
/// (nf_ct_key_equal).
bool matches(const LiveConnection& connection, unsigned direction, const ConnectionTuple& tuple,
             ConnectionZone zone) {
    return connection.has(ct_status::confirmed) && connection.tuples[direction] == tuple &&
           connection.zone.id_in(direction) == zone.id_in(direction);
}

/// Sets members of one object; what a kernel's struct lacks is left out.
struct ObjectWriter {
    KernelObjects& objects;
    std::uint64_t object;

    template <class T>
    void set(std::string_view path, const T& value) const {
        const std::uint64_t at = objects.address(object, "nf_conn", path);
        if (at != 0) std::memcpy(reinterpret_cast<void*>(at), &value, sizeof value);
    }
};

void show_tuple(const ObjectWriter& writer, const ConnectionTuple& tuple, unsigned direction) {
    const auto set = [&](std::string_view member, const auto& value) {
        writer.set(fmt::format("tuplehash[{}].tuple.{}", direction, member), value);
    };
    set("src.u3", tuple.source.bytes);
    set("src.u.all", htons(tuple.source_port));
    set("src.l3num", static_cast<std::uint16_t>(tuple.source.ipv6 ? AF_INET6 : AF_INET));
    set("dst.u3", tuple.destination.bytes);
    set("dst.u.all", htons(tuple.destination_port));
    set("dst.protonum", static_cast<std::uint8_t>(tuple.protocol));
    set("dst.dir", static_cast<std::uint8_t>(direction));
}

}  // namespace

ConnectionTable::ConnectionTable(const Network& network, KernelObjects& objects, std::uint32_t now)
    : objects_(objects) {
    for (const Connection& given : network.connections) add(live(given, now), given.mark);
}

LiveConnection* ConnectionTable::at(std::uint64_t address) {
    for (const auto& connection : connections_)
        if (connection->object == address) return connection.get();
    return nullptr;
}

ConnectionTable::Found ConnectionTable::find(const ConnectionTuple& tuple, ConnectionZone zone,
                                             std::uint32_t now) {
    std::erase_if(connections_, [&](const auto& connection) {
        return connection->has(ct_status::confirmed) && connection->held == 0 &&
               connection->is_over(now);
    });
    for (const auto& connection : connections_)
        for (const unsigned direction : {0U, 1U})
            if (matches(*connection, direction, tuple, zone) && !connection->is_over(now) &&
                !connection->has(ct_status::dying))
                return {connection.get(), direction};
    return {};
}

LiveConnection* ConnectionTable::add(LiveConnection connection, std::uint32_t mark) {
    connection.object = objects_.make("nf_conn", true);  // For the mark.
    if (connection.object == 0) return nullptr;
    connections_.push_back(std::make_unique<LiveConnection>(connection));
    show(*connections_.back());
    ObjectWriter{objects_, connection.object}.set("mark", mark);
    return connections_.back().get();
}

bool ConnectionTable::knows(const ConnectionTuple& tuple, ConnectionZone zone) const {
    return std::ranges::any_of(connections_, [&](const auto& other) {
        return matches(*other, 0, tuple, zone) || matches(*other, 1, tuple, zone);
    });
}

bool ConnectionTable::insert(LiveConnection& connection, std::uint32_t now) {
    if (knows(connection.tuples[0], connection.zone) ||
        knows(connection.tuples[1], connection.zone)) {
        forget(connection);
        return false;
    }
    connection.timeout += now;
    connection.status |= ct_status::confirmed;
    show(connection);
    return true;
}

void ConnectionTable::show(const LiveConnection& connection) {
    const ObjectWriter writer{objects_, connection.object};
    writer.set("status", std::uint64_t{connection.status});
    writer.set("timeout", connection.timeout);
    writer.set("zone.id", connection.zone.id);
    writer.set("zone.dir", connection.zone.directions);
    const bool is_in_table = connection.has(ct_status::confirmed);
    writer.set("ct_general.use.refs.counter", is_in_table ? connection.held + 1 : 0U);
    for (const unsigned direction : {0U, 1U})
        show_tuple(writer, connection.tuples[direction], direction);
}

std::uint32_t ConnectionTable::mark(const LiveConnection& connection) const {
    std::uint32_t mark = 0;
    const std::uint64_t at = objects_.address(connection.object, "nf_conn", "mark");
    if (at != 0) std::memcpy(&mark, reinterpret_cast<const void*>(at), sizeof mark);
    return mark;
}

void ConnectionTable::forget(const LiveConnection& connection) {
    std::erase_if(connections_, [&](const auto& it) { return it.get() == &connection; });
}

ConnectionTable* connections_of(Runtime& runtime) {
    if (!runtime.objects()) return nullptr;
    auto& table = runtime.objects()->connections();
    if (!table)
        table = std::make_shared<ConnectionTable>(network_of(runtime), *runtime.objects(),
                                                  connection_time(runtime));
    return table.get();
}

std::uint32_t connection_time(Runtime& runtime) {
    return static_cast<std::uint32_t>(jiffies::at(runtime.world().now_ns()));
}

}  // namespace bpftwin
