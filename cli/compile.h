// C sources as objects: clang compiles them when a command is given a `.c` file.
#pragma once

#include <string>

#include "bpftwin/error.h"

namespace bpftwin::cli {

/// Compiles a C file for the BPF target with debug information, as
/// `clang -target bpf -mcpu=v3 -O2 -g` with the system's headers. The compiler is the environment's
/// BPFTWIN_CLANG, or the first of clang-19, clang, clang-16, clang-14 that exists; further
/// arguments, separated by spaces, come from BPFTWIN_CFLAGS. Diagnostics go to standard error.
/// @return the ELF object.
Result<Bytes> compile_c(const std::string& path);

}  // namespace bpftwin::cli
