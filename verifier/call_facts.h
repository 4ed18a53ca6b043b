// What the arguments of a call say of it.
#pragma once

#include <cstdint>
#include <optional>

#include "helpers/prototype.h"
#include "helpers/special_fields.h"
#include "verifier/reg.h"

namespace bpftwin::verifier {

/// What is gathered about the arguments of a call (struct bpf_call_arg_meta).
struct CallFacts {
    const Helper* helper = nullptr;
    std::optional<std::int32_t> map;  ///< Index of the map argument.
    std::uint32_t map_uid = 0;
    bool is_raw = false;         ///< The memory argument need not be initialised.
    int raw_size = 0;            ///< Bytes of the stack that the call writes,
    unsigned raw_reg = 0;        ///< from where this register points.
    std::uint64_t max_size = 0;  ///< Of the size argument.
    std::uint64_t mem_size = 0;  ///< Of the memory that the call returns.
    unsigned release_reg = 0;
    bool writes_packet = false;  ///< Through a dynptr.
    std::uint32_t ref_obj_id = 0;
    std::uint32_t dynptr_id = 0;              ///< Of the dynptr that the result is a part of.
    std::uint32_t subprogram = 0;             ///< Of the callback argument.
    const SpecialField* exchanged = nullptr;  ///< Of kptr_xchg: the pointer in the map.
    Reg variable;                             ///< The argument that is a variable of each CPU.
    /// The key of an array's element, where it is known.
    std::optional<std::uint64_t> key;
};

}  // namespace bpftwin::verifier
