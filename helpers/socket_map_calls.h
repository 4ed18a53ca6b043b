// Sockets that maps of sockets keep, in the world of a run.
#pragma once

#include <cstdint>

namespace bpftwin {

class Map;
class Runtime;
struct LiveSocket;

/// The socket at a key of such a map; null where there is none, or none of that cookie in the
/// world.
LiveSocket* socket_at(Runtime& runtime, Map& map, const void* key);

/// Keeps a socket in such a map. @return 0 or the kernel's errno.
long keep_socket(Map& map, const void* key, LiveSocket& socket, std::uint64_t flags);

}  // namespace bpftwin
