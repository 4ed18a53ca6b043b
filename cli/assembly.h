// Assembler text as an object: one program in the syntax of verifier logs (isa/assembler.h).
#pragma once

#include <string>

#include "bpftwin/error.h"
#include "bpftwin/spec.h"

namespace bpftwin::cli {

/// Reads one program. A comment line "; type: xdp" gives its type. Its licence is GPL.
/// @param name the program's and the object's name.
Result<ObjectSpec> open_assembly(const std::string& path, const std::string& name);

/// The same from memory.
Result<ObjectSpec> assembly_object(std::string_view text, const std::string& name);

}  // namespace bpftwin::cli
