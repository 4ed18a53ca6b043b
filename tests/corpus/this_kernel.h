// This machine's kernel, as objects of a whole folder are made ready for it.
#pragma once

#include <string>

#include "bpftwin/target.h"

namespace bpftwin::test {

/// All that an object can ask of it, read once.
const Target& this_kernel();

/// Makes the object ready for it.
/// @return what libbpf should complain of: the first extern that failed, or nothing.
std::string make_ready(ObjectSpec& object);

}  // namespace bpftwin::test
