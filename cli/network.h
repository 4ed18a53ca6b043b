// The simulated network in JSON and as text: `"network"` of a world.
#pragma once

#include <string>
#include <vector>

#include "bpftwin/error.h"
#include "bpftwin/network.h"
#include "nlohmann/json_fwd.hpp"

namespace bpftwin::cli {

/// The network that the JSON describes, added to the loopback device (see docs/network.md).
/// @return an Error that names the field at fault.
Result<Network> parse_network(const nlohmann::json& json);

/// "192.0.2.1" or "2001:db8::1".
std::string text_of(const IpAddress& address);

/// What a program did to sockets, messages and settings, a line each.
std::vector<std::string> socket_lines(const SocketEffects& effects);
/// Null where it did nothing.
nlohmann::json socket_json(const SocketEffects& effects);

/// "id 7, 192.0.2.1 -> 192.0.2.2, ttl 64".
std::string tunnel_text(const TunnelKey& tunnel);
nlohmann::json tunnel_json(const TunnelKey& tunnel);

}  // namespace bpftwin::cli
