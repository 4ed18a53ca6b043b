// Linking: a program with the subprograms that it reaches behind it, in the order in which they are
// discovered, callees before the rest of the caller (libbpf's bpf_object__reloc_code).
#pragma once

#include "bpftwin/error.h"
#include "bpftwin/spec.h"
#include "loader/btf_ext.h"
#include "loader/code.h"
#include "loader/exceptions.h"
#include "loader/externs.h"
#include "loader/relocate.h"

namespace bpftwin {

/// What linking takes from.
struct LinkInput {
    const ElfFile& elf;
    const Code& code;
    const References& references;
    const Externs& externs;
    const BtfExt& ext;
    const Exceptions& exceptions;
};

/// The program whose entry is function `entry` of the code, with its type as its section says.
Result<ProgramSpec> link_program(const LinkInput& input, std::uint32_t entry);

}  // namespace bpftwin
