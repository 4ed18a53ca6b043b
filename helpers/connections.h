// What conntrack keeps while a program runs (net/netfilter/nf_conntrack_core.c): the connections of
// the simulated network and those that programs insert, each an object of the kernel.
#pragma once

#include <cstdint>
#include <memory>
#include <vector>

#include "bpftwin/network.h"

namespace bpftwin {

class KernelObjects;
class Runtime;

namespace ct_status {  // enum ip_conntrack_status.
inline constexpr std::uint32_t expected = 1 << 0;
inline constexpr std::uint32_t seen_reply = 1 << 1;
inline constexpr std::uint32_t assured = 1 << 2;
inline constexpr std::uint32_t confirmed = 1 << 3;
inline constexpr std::uint32_t src_nat = 1 << 4;
inline constexpr std::uint32_t dst_nat = 1 << 5;
inline constexpr std::uint32_t src_nat_done = 1 << 7;
inline constexpr std::uint32_t dst_nat_done = 1 << 8;
inline constexpr std::uint32_t dying = 1 << 9;
inline constexpr std::uint32_t fixed_timeout = 1 << 10;
}  // namespace ct_status

/// From where to where packets of one direction go.
struct ConnectionTuple {
    std::uint32_t protocol = 0;
    IpAddress source, destination;
    std::uint16_t source_port = 0, destination_port = 0;

    /// That of the packets that answer.
    [[nodiscard]] ConnectionTuple turned() const {
        return {protocol, destination, source, destination_port, source_port};
    }
    friend bool operator==(const ConnectionTuple&, const ConnectionTuple&) = default;
};

/// A part of the table (struct nf_conntrack_zone), for packets of some directions.
struct ConnectionZone {
    static constexpr std::uint8_t both = 3;  ///< NF_CT_DEFAULT_ZONE_DIR.

    std::uint16_t id = 0;
    std::uint8_t directions = both;

    [[nodiscard]] std::uint16_t id_in(unsigned direction) const {
        return (directions >> direction & 1) != 0 ? id : std::uint16_t{0};
    }
};

/// One connection of a run.
struct LiveConnection {
    ConnectionTuple tuples[2];  ///< Of the side that opened it, and the other one.
    ConnectionZone zone;
    std::uint32_t status = 0;
    /// Jiffies: when it ends, or until it is inserted how long it lasts.
    std::uint32_t timeout = 0;
    std::uint64_t object = 0;  ///< Address of its `struct nf_conn`, which alone has the mark.
    unsigned held = 0;         ///< References of the program.

    [[nodiscard]] bool has(std::uint32_t status_bit) const { return (status & status_bit) != 0; }
    [[nodiscard]] bool is_over(std::uint32_t now) const {
        return static_cast<std::int32_t>(timeout - now) <= 0;
    }
};

/// The connections of one run. Those that were only allocated are found by their address alone.
class ConnectionTable {
public:
    /// @param now jiffies.
    ConnectionTable(const Network& network, KernelObjects& objects, std::uint32_t now);

    /// The connection whose object is at `address`, or null.
    [[nodiscard]] LiveConnection* at(std::uint64_t address);
    struct Found {
        LiveConnection* connection = nullptr;
        unsigned direction = 0;
    };
    /// The connection that such packets belong to. What is over then is forgotten.
    Found find(const ConnectionTuple& tuple, ConnectionZone zone, std::uint32_t now);
    /// A new one, not inserted; null where there is no room for its object.
    LiveConnection* add(LiveConnection connection, std::uint32_t mark = 0);
    /// @return false where the table has one of these packets; the connection is gone then.
    bool insert(LiveConnection& connection, std::uint32_t now);
    /// Whether other connections of the table have packets like these.
    [[nodiscard]] bool knows(const ConnectionTuple& tuple, ConnectionZone zone) const;
    /// Writes what is known of a connection into its object.
    void show(const LiveConnection& connection);
    /// As programs may have set it; 0 where the kernel's connections have none.
    [[nodiscard]] std::uint32_t mark(const LiveConnection& connection) const;

private:
    void forget(const LiveConnection& connection);

    KernelObjects& objects_;
    std::vector<std::unique_ptr<LiveConnection>> connections_;
};

/// The table of the run; null outside of an instance's runs.
ConnectionTable* connections_of(Runtime& runtime);
/// The run's time in jiffies of 32 bits (nfct_time_stamp).
std::uint32_t connection_time(Runtime& runtime);

}  // namespace bpftwin
