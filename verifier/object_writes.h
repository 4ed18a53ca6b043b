// Fields of the kernel's objects that programs may write.
#pragma once

#include <cstdint>

#include "bpftwin/spec.h"
#include "btf/btf.h"
#include "verifier/rejection.h"

namespace bpftwin::verifier {

/// Whether a program may write `[offset, offset + size)` of an object of that type: callbacks some
/// of what their struct is for, programs for packets the mark of connections (btf_struct_access of
/// the kernel's verifier_ops, and of its structs of callbacks).
Checked<void> check_object_write(const ProgramSpec& program, const Btf& types, std::uint32_t object,
                                 std::int64_t offset, int size);

}  // namespace bpftwin::verifier
