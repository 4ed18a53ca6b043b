// Special fields of map values: parts that belong to the kernel and that updates leave alone
// (kernel/bpf/syscall.c, `struct btf_record`).
#pragma once

#include <cstdint>
#include <optional>

#include "bpftwin/error.h"

namespace bpftwin {

class Btf;

/// Byte offsets of the special fields in a value.
struct ValueFields {
    std::optional<std::uint32_t> spin_lock;  ///< `struct bpf_spin_lock`, 4 bytes.

    friend bool operator==(const ValueFields&, const ValueFields&) = default;
};

/// Where values of type `type_id` (a struct, or a data section) hold their `struct bpf_spin_lock`,
/// nested structs included.
/// @return its offset; nothing without one; an Error (E2BIG) for more than one.
Result<std::optional<std::uint32_t>> map_value_spin_lock_offset(const Btf& btf,
                                                                std::uint32_t type_id);

}  // namespace bpftwin
