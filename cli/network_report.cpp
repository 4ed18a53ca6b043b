// What programs did in the simulated network, as text and JSON.
#include <arpa/inet.h>
#include <netinet/in.h>

#include <array>

#include "cli/hex.h"
#include "cli/network.h"
#include "fmt/format.h"
#include "nlohmann/json.hpp"

namespace bpftwin::cli {

std::string text_of(const IpAddress& address) {
    std::array<char, INET6_ADDRSTRLEN> text{};
    inet_ntop(address.ipv6 ? AF_INET6 : AF_INET, address.bytes.data(), text.data(), text.size());
    return text.data();
}

namespace {

std::string protocol_text(std::uint32_t protocol) {
    if (protocol == IPPROTO_TCP) return "tcp";
    return protocol == IPPROTO_UDP ? "udp" : fmt::to_string(protocol);
}

std::string end_text(const IpAddress& address, std::uint16_t port) {
    return fmt::format(fmt::runtime(address.ipv6 ? "[{}]:{}" : "{}:{}"), text_of(address), port);
}

nlohmann::json connection_json(const Connection& it) {
    return {{"protocol", protocol_text(it.protocol)},
            {"source", end_text(it.source, it.source_port)},
            {"destination", end_text(it.destination, it.destination_port)},
            {"reply_source", end_text(it.reply_source, it.reply_source_port)},
            {"reply_destination", end_text(it.reply_destination, it.reply_destination_port)},
            {"status", it.status},
            {"timeout_ms", it.timeout_ms},
            {"mark", it.mark},
            {"zone", it.zone}};
}

}  // namespace

std::vector<std::string> socket_lines(const SocketEffects& effects) {
    std::vector<std::string> lines;
    if (effects.assigned) lines.push_back(fmt::format("socket {} assigned", *effects.assigned));
    for (const SocketOption& set : effects.options)
        lines.push_back(
            fmt::format("socket option {}/{} = {}", set.level, set.option, hex(set.value, " ")));
    if (effects.callback_flags)
        lines.push_back(fmt::format("socket callbacks {:#x}", *effects.callback_flags));
    if (effects.bound_address)
        lines.push_back(fmt::format("socket bound to {} port {}", text_of(*effects.bound_address),
                                    effects.bound_port));
    for (const std::uint32_t next : effects.acks)
        lines.push_back(fmt::format("acknowledged up to {}", next));
    if (!effects.header_options.empty())
        lines.push_back(fmt::format("header options {}", hex(effects.header_options, " ")));
    if (effects.reserved_options != 0)
        lines.push_back(fmt::format("header options: {} bytes reserved", effects.reserved_options));
    if (effects.apply_bytes != 0)
        lines.push_back(fmt::format("verdict for {} bytes", effects.apply_bytes));
    if (effects.cork_bytes != 0)
        lines.push_back(fmt::format("held back up to {} bytes", effects.cork_bytes));
    if (effects.sysctl) lines.push_back(fmt::format("setting becomes \"{}\"", *effects.sysctl));
    for (const Connection& it : effects.connections)
        lines.push_back(fmt::format("connection {} {} -> {}, status {:#x}{}",
                                    protocol_text(it.protocol), end_text(it.source, it.source_port),
                                    end_text(it.destination, it.destination_port), it.status,
                                    it.mark != 0 ? fmt::format(", mark {:#x}", it.mark) : ""));
    return lines;
}

nlohmann::json socket_json(const SocketEffects& effects) {
    if (effects == SocketEffects{}) return {};
    nlohmann::json options = nlohmann::json::array();
    for (const SocketOption& set : effects.options)
        options.push_back({{"socket", set.socket},
                           {"level", set.level},
                           {"option", set.option},
                           {"value", hex(set.value, "")}});
    nlohmann::json json = {{"options", options},
                           {"acks", effects.acks},
                           {"header_options", hex(effects.header_options, "")},
                           {"reserved_options", effects.reserved_options},
                           {"apply_bytes", effects.apply_bytes},
                           {"cork_bytes", effects.cork_bytes}};
    json["assigned"] = effects.assigned ? nlohmann::json(*effects.assigned) : nlohmann::json();
    json["callback_flags"] =
        effects.callback_flags ? nlohmann::json(*effects.callback_flags) : nlohmann::json();
    json["sysctl"] = effects.sysctl ? nlohmann::json(*effects.sysctl) : nlohmann::json();
    for (const Connection& it : effects.connections)
        json["connections"].push_back(connection_json(it));
    if (effects.bound_address)
        json["bound"] = {{"address", text_of(*effects.bound_address)},
                         {"port", effects.bound_port}};
    return json;
}

std::string tunnel_text(const TunnelKey& tunnel) {
    std::string text =
        fmt::format("id {}, {} -> {}, flags {:#x}", tunnel.id, text_of(tunnel.source),
                    text_of(tunnel.destination), tunnel.flags);
    if (tunnel.tos != 0) text += fmt::format(", tos {}", tunnel.tos);
    if (tunnel.ttl != 0) text += fmt::format(", ttl {}", tunnel.ttl);
    if (tunnel.label != 0) text += fmt::format(", label {}", tunnel.label);
    if (!tunnel.options.empty()) text += fmt::format(", options {}", hex(tunnel.options, " "));
    return text;
}

nlohmann::json tunnel_json(const TunnelKey& tunnel) {
    return {{"id", tunnel.id},
            {"source", text_of(tunnel.source)},
            {"destination", text_of(tunnel.destination)},
            {"tos", tunnel.tos},
            {"ttl", tunnel.ttl},
            {"label", tunnel.label},
            {"flags", tunnel.flags},
            {"options", hex(tunnel.options, "")}};
}

}  // namespace bpftwin::cli
