// Special fields of map values: parts that belong to the kernel and that updates leave alone
// (kernel/bpf/syscall.c, `struct btf_record`).
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <vector>

#include "bpftwin/error.h"
#include "helpers/special_fields.h"

namespace bpftwin {

class Btf;

/// Whoever keeps what special fields own.
class FieldOwner {
public:
    virtual ~FieldOwner() = default;
    /// Gives up what the fields of the value hold (bpf_obj_free_fields).
    virtual void free_fields(std::span<const SpecialField> fields, const std::byte* value) = 0;
};

/// The special fields in a value.
struct ValueFields {
    std::optional<std::uint32_t> spin_lock = {};  ///< `struct bpf_spin_lock`, 4 bytes: its offset.
    std::vector<SpecialField> others = {};        ///< Sorted by offset.
    std::shared_ptr<FieldOwner> owner = {};       ///< Of what these hold; null without any.

    friend bool operator==(const ValueFields& left, const ValueFields& right) {
        return left.spin_lock == right.spin_lock && left.others == right.others;
    }
};

/// Where values of type `type_id` (a struct, or a data section) hold their `struct bpf_spin_lock`,
/// nested structs included.
/// @return its offset; nothing without one; an Error (E2BIG) for more than one.
Result<std::optional<std::uint32_t>> map_value_spin_lock_offset(const Btf& btf,
                                                                std::uint32_t type_id);

}  // namespace bpftwin
