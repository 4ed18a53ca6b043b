// What the verifier guarantees about a helper call and a program that no verifier saw may break.
#pragma once

#include <string>

#include "bpftwin/kinds.h"

namespace bpftwin {

class Map;
class Runtime;

/// Stops the program for an argument that the verifier would have refused.
void refuse_argument(Runtime& runtime, std::string reason);

/// Stops the program unless `map` is of that type. @return whether it is.
bool require_map_type(Runtime& runtime, const Map& map, MapType type);

/// Stops the program if its type has no packet. @return whether it has one.
bool require_packet(Runtime& runtime);

}  // namespace bpftwin
