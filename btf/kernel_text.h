// A value as the kernel writes it: bpf_snprintf_btf and bpf_seq_printf_btf (btf_type_show in
// kernel/bpf/btf.c).
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <string>

#include "btf/btf.h"

namespace bpftwin {

/// BTF_F_*.
struct KernelTextStyle {
    bool compact = false;       ///< In one line.
    bool no_names = false;      ///< Of types and members.
    bool raw_pointers = false;  ///< In full; else their lower half stands for the kernel's hash.
    bool zeros = false;         ///< Also members and elements that are 0.
};

struct KernelText {
    std::string text;          ///< What was kept.
    std::uint64_t length = 0;  ///< Of all that there is to say.
    int error = 0;             ///< Of the last memory that was read; EINVAL: a type has no size.
};

/// Copies `bytes` from an address that need not exist. @return 0, or the errno where not all of it
/// was readable.
using ReadMemory = std::function<int(void* to, std::uint64_t from, std::size_t bytes)>;

/// The text of the value at an address; of a valid type id.
/// @param room bytes of text to keep. Of more than 16 MiB or 4 million values the rest is left out.
KernelText kernel_text(const Btf& btf, std::uint32_t type_id, std::uint64_t address,
                       const KernelTextStyle& style, const ReadMemory& read, std::size_t room);

}  // namespace bpftwin
