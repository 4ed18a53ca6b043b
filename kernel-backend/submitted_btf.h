// An object's types as a kernel takes them.
#pragma once

#include "bpftwin/error.h"
#include "btf/btf.h"

namespace bpftwin::kernel {

/// The bytes of `btf`, with the same ids, for BPF_BTF_LOAD. Kernels know no types that stand
/// elsewhere: extern functions and variables are made global, as libbpf does it, with names for all
/// parameters and an integer where a variable's type has no size. `.ksyms`, and other data sections
/// that nobody laid out, become pointers, as nothing refers to them.
Bytes submitted_btf(const Btf& btf);

}  // namespace bpftwin::kernel
