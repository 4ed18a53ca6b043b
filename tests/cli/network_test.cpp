// The simulated network from JSON: what it becomes, and that every mistake is named.
#include "cli/network.h"

#include "gtest/gtest.h"
#include "nlohmann/json.hpp"

namespace bpftwin::cli {
namespace {

Result<Network> parse(std::string_view text) { return parse_network(nlohmann::json::parse(text)); }

std::string error_of(std::string_view text) {
    const auto network = parse(text);
    return network ? "" : network.error().message;
}

TEST(network, has_the_loopback_device) {
    const auto network = parse("{}");
    ASSERT_TRUE(network);
    ASSERT_EQ(network->interfaces.size(), 1U);
    EXPECT_EQ(network->interfaces[0].name, "lo");
}

TEST(network, reads_interfaces_routes_and_neighbours) {
    const auto network = parse(R"({
        "neighbours": [{"dev": "eth0", "address": "2001:db8::2", "mac": "02:00:00:00:00:07"}],
        "routes": [{"to": "192.0.2.128/25", "dev": 2, "via": "192.0.2.254", "type": "unicast"}],
        "interfaces": [{"index": 2, "name": "eth0", "forwarding": false, "mtu": 9000}]})");
    ASSERT_TRUE(network) << network.error().message;
    EXPECT_FALSE(network->interfaces[1].forwarding_ipv4);
    EXPECT_FALSE(network->interfaces[1].forwarding_ipv6);
    const Route& route = network->routes.back();
    EXPECT_EQ(text_of(route.destination), "192.0.2.128");
    EXPECT_EQ(route.length, 25U);
    EXPECT_EQ(text_of(*route.gateway), "192.0.2.254");
    EXPECT_EQ(network->neighbours[0].interface, 2U);
    EXPECT_EQ(text_of(network->neighbours[0].address), "2001:db8::2");
    EXPECT_EQ(network->neighbours[0].mac[5], std::byte{7});
}

TEST(network, sockets_follow_from_what_is_said_of_them) {
    const auto network = parse(R"({"sockets": [
        {"name": "a", "local": "*:80"},
        {"name": "b", "local": "[2001:db8::1]:53", "protocol": "udp"},
        {"name": "c", "local": "192.0.2.1:1", "remote": "192.0.2.2:2", "tcp": {"snd_cwnd": 3}}],
        "own_socket": "c"})");
    ASSERT_TRUE(network) << network.error().message;
    EXPECT_EQ(network->sockets[0].state, 10U);
    EXPECT_EQ(network->sockets[1].family, 10U);
    EXPECT_EQ(network->sockets[1].type, 2U);
    EXPECT_EQ(network->sockets[1].state, 7U);
    EXPECT_EQ(network->sockets[2].state, 1U);
    EXPECT_EQ(network->sockets[2].remote_port, 2U);
}

TEST(network, connections_lead_back_unless_said) {
    const auto network = parse(R"({"connections": [
        {"source": "192.0.2.1:1000", "destination": "192.0.2.2:80"},
        {"protocol": "udp", "source": "[2001:db8::1]:1", "destination": "[2001:db8::2]:53",
         "reply_destination": "[2001:db8::9]:7", "zone": 3, "mark": 4}]})");
    ASSERT_TRUE(network) << network.error().message;
    const Connection& first = network->connections[0];
    EXPECT_EQ(first.protocol, 6U);
    EXPECT_EQ(first.reply_source, first.destination);
    EXPECT_EQ(first.reply_destination_port, 1000U);
    const Connection& second = network->connections[1];
    EXPECT_EQ(second.reply_source_port, 53U);
    EXPECT_EQ(text_of(second.reply_destination), "2001:db8::9");
}

TEST(network, names_what_is_wrong_with_connections_and_metadata) {
    EXPECT_EQ(error_of(R"({"connections": [{"source": "192.0.2.1:1"}]})"),
              "connections: [0]: source or destination is missing");
    EXPECT_EQ(error_of(R"({"connections": [{"source": "192.0.2.1:1", "destination": "[::1]:2"}]})"),
              "connections: [0]: addresses are not of one family");
    EXPECT_EQ(error_of(R"({"connections": [{"zone": 65536}]})"),
              "connections: [0]: zone: 65536 is no number from 0 to 65535");
    EXPECT_EQ(error_of(R"({"metadata": {"hash": 1}})"), "metadata: hash: 1 is no JSON object");
    EXPECT_EQ(error_of(R"({"metadata": {"vlan": {"id": 1}}})"),
              "metadata: vlan: no field 'id'; there are protocol, tci");
    EXPECT_EQ(error_of(R"({"metadata": {"timestamp": "now"}})"),
              "metadata: timestamp: \"now\" is no number from 0 to 18446744073709551615");
}

TEST(network, metadata_is_told_or_not) {
    const auto network = parse(R"({"metadata": {"timestamp": 5, "hash": null}})");
    ASSERT_TRUE(network) << network.error().message;
    EXPECT_EQ(network->metadata.timestamp, std::optional(std::optional(std::uint64_t{5})));
    EXPECT_TRUE(network->metadata.hash && !*network->metadata.hash);
    EXPECT_FALSE(network->metadata.vlan);
}

TEST(network, names_what_is_wrong) {
    EXPECT_EQ(error_of(R"({"interface": []})"), "no field 'interface'");
    EXPECT_EQ(error_of(R"({"interfaces": 1})"), "interfaces: not a list");
    EXPECT_EQ(error_of(R"({"interfaces": [{"name": "x"}]})"), "interfaces: [0]: index is missing");
    EXPECT_EQ(error_of(R"({"interfaces": [{"index": 2}, {"index": 2}]})"),
              "interfaces: [0]: index 2 is there twice");
    EXPECT_EQ(error_of(R"({"interfaces": [{"index": 2, "mtu": -1}]})"),
              "interfaces: [0]: mtu: -1 is no number from 0 to 4294967295");
    EXPECT_EQ(error_of(R"({"interfaces": [{"index": 2, "mac": "02:00"}]})"),
              "interfaces: [0]: mac: \"02:00\" is no link address like 02:00:00:00:00:01");
    EXPECT_EQ(error_of(R"({"routes": [{"to": "192.0.2.0/33"}]})"),
              "routes: [0]: to: \"192.0.2.0/33\" is no prefix like 192.0.2.0/24");
    EXPECT_EQ(error_of(R"({"routes": [{"dev": "eth7"}]})"),
              "routes: [0]: dev: no interface \"eth7\"");
    EXPECT_EQ(error_of(R"({"routes": [{"type": "new"}]})"),
              "routes: [0]: type: no route type 'new'");
    EXPECT_EQ(error_of(R"({"neighbours": [{"address": "1.2.3"}]})"),
              "neighbours: [0]: address: \"1.2.3\" is no IPv4 or IPv6 address");
    EXPECT_EQ(error_of(R"({"sockets": [{"local": "192.0.2.1"}]})"),
              "sockets: [0]: local: \"192.0.2.1\" is no address like 192.0.2.1:80");
    EXPECT_EQ(error_of(R"({"sockets": [{"subflow_of": "whole"}, {"name": "whole"}]})"),
              "sockets: [0]: subflow_of: no MPTCP socket 'whole'");
    EXPECT_EQ(error_of(R"({"sockets": [{"state": "open"}]})").substr(0, 45),
              "sockets: [0]: state: 'open' is none of establ");
    EXPECT_EQ(error_of(R"({"sockets": [{"tcp": {"cwnd": 1}}]})"),
              "sockets: [0]: tcp: cwnd: no such field of struct bpf_tcp_sock, or too large");
    EXPECT_EQ(error_of(R"({"own_socket": "x"})"), "own_socket: not one socket 'x'");
    EXPECT_EQ(error_of(R"({"tunnel": {"source": "192.0.2.1", "destination": "::1"}})"),
              "tunnel: source and destination are not of one family");
    EXPECT_EQ(error_of(R"({"sysctl": {"nam": "x"}})"),
              "sysctl: no field 'nam'; there are name, current, written");
}

TEST(network, wrong_shapes_are_errors_and_never_crash) {
    for (const char* value : {"null", "1", "\"x\"", "[]", "[1]", "[[]]", "{}", "[{}]", "true"})
        for (const char* field : {"interfaces", "routes", "rules", "neighbours", "sockets",
                                  "own_socket", "sysctl", "tunnel", "at_ingress", "classid"})
            static_cast<void>(parse(std::string("{\"") + field + "\": " + value + "}"));
    for (const char* text : {"null", "1", "[]", "\"x\""}) EXPECT_FALSE(parse(text)) << text;
}

}  // namespace
}  // namespace bpftwin::cli
