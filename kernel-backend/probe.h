// What a kernel has: each question is asked by loading the least program, map or types that tell.
// `true` and `false` are the kernel's answers; an Error says why it gave none, such as a privilege
// that this process lacks. Nothing stays loaded.
#pragma once

#include "bpftwin/kinds.h"
#include "btf/btf.h"
#include "helpers/prototype.h"
#include "kernel-backend/kernel.h"

namespace bpftwin::kernel {

Result<bool> has_prog_type(Kernel& kernel, ProgType type);

Result<bool> has_map_type(Kernel& kernel, MapType type);

Result<bool> has_btf_kind(Kernel& kernel, BtfKind kind);

/// Whether programs of the type may call the helper under at least one of the forms of
/// kernel-backend/program_forms.def. For `ext`, an Error: the replaced program decides.
Result<bool> has_helper(Kernel& kernel, ProgType type, const Helper& helper);

}  // namespace bpftwin::kernel
