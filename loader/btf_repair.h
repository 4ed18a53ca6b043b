// BTF as a loader must see it, from BTF as compilers write it.
#pragma once

#include "bpftwin/error.h"
#include "loader/elf.h"

namespace bpftwin {

/// A copy of a `.BTF` section in which hidden functions and variables are static, as libbpf makes
/// them, and what gcc 12 writes for builtins, functions without a name, is a pointer. Damaged
/// records and what follows them stay as they are.
Bytes repaired_btf(ByteView raw, const ElfFile& elf);

}  // namespace bpftwin
