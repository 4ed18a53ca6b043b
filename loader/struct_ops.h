// Structs of callbacks for the kernel, such as `struct tcp_congestion_ops`: which program is which
// member (libbpf's sections ".struct_ops" and ".struct_ops.link").
#pragma once

#include <string>
#include <vector>

#include "bpftwin/error.h"
#include "bpftwin/spec.h"
#include "btf/btf.h"
#include "loader/code.h"
#include "loader/elf.h"

namespace bpftwin {

/// A program and the member that holds its address.
struct PlacedCallback {
    std::string program;
    StructOpsMember member;
};

/// Every member that is set to a program.
/// @return an Error for one that is set to something else, or that BTF does not describe.
Result<std::vector<PlacedCallback>> struct_ops_callbacks(const ElfFile& elf, const Btf* btf,
                                                         const Code& code);

}  // namespace bpftwin
