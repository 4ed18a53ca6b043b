// What programs did in the simulated network, as text and JSON.
#include <arpa/inet.h>

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
