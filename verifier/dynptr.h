// Dynptrs: descriptions of memory that programs keep in two slots of their stack, and may only
// hand to the kernel's functions (Linux include/linux/bpf.h: enum bpf_dynptr_type).
#pragma once

#include <cstdint>
#include <string_view>

namespace bpftwin::verifier {

/// What memory it describes.
enum class DynptrKind : std::uint8_t { local, ringbuf, skb, xdp, skb_meta };

/// What a function does with a dynptr that it is given.
enum class DynptrUse : std::uint8_t {
    makes,   ///< One where none need be (MEM_UNINIT).
    reads,   ///< It stays as it is (MEM_RDONLY).
    changes  ///< It may be changed, or given back.
};

inline constexpr std::uint32_t dynptr_slots = 2;

/// As messages name it: "ringbuf".
std::string_view text_of(DynptrKind kind);

/// Whether it holds something that must be given back.
constexpr bool is_counted(DynptrKind kind) { return kind == DynptrKind::ringbuf; }

}  // namespace bpftwin::verifier
