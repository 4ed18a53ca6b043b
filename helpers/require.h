// What the verifier guarantees about a helper call and a program that no verifier saw may break.
#pragma once

#include <cstdint>
#include <string>

#include "bpftwin/kinds.h"

namespace bpftwin {

class Map;
class Runtime;

/// Stops the program for an argument that the verifier would have refused.
void refuse_argument(Runtime& runtime, std::string reason);

/// Stops the program unless `map` is of that type. @return whether it is.
bool require_map_type(Runtime& runtime, const Map& map, MapType type);

/// Stops the program for a null pointer with a size. @return whether there is memory.
bool require_memory(Runtime& runtime, const void* address, std::uint64_t size);

/// Counts `bytes` of output, and stops the program when it has sent more than a host can be
/// expected to keep. @return whether they may be sent.
bool require_output_room(Runtime& runtime, std::uint64_t bytes);

/// Stops the program for a value that is no socket. @return false.
bool refuse_socket(Runtime& runtime, std::uint64_t value);

/// Stops the program if its type has no packet. @return whether it has one.
bool require_packet(Runtime& runtime);

}  // namespace bpftwin
