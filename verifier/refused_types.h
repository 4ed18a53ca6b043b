// Types that compilers write and kernels refuse: a program then has none, for a kernel (libbpf does
// without them as well).
#pragma once

#include "bpftwin/spec.h"
#include "btf/btf.h"

namespace bpftwin::verifier {

/// Whether the kernel refuses the object's types, which are whole otherwise (btf_func_check,
/// btf_parse_struct_metas).
/// @param kernel its types, null: not known
bool refuses(const Btf& types, const Btf* kernel);

/// An object without types, its only program likewise.
ObjectSpec without_types(const ObjectSpec& object, const ProgramSpec& program);

}  // namespace bpftwin::verifier
