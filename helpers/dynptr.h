// Dynptrs: pointers to memory whose size is known when the program runs (kernel/bpf/helpers.c,
// `struct bpf_dynptr_kern`). One is 16 bytes on the program's stack, laid out as in the kernel. As
// a program that no verifier saw may write there, each is looked at anew whenever it is used.
#pragma once

#include <cstdint>
#include <optional>

namespace bpftwin {

class Runtime;

/// What a dynptr leads to: the kernel's `enum bpf_dynptr_type`.
enum class DynptrType : std::uint8_t { invalid, local, ringbuf, skb, xdp };

/// The value of a dynptr.
struct Dynptr {
    static constexpr std::uint32_t max_size = (1U << 24) - 1;  ///< DYNPTR_MAX_SIZE.

    std::uint64_t data = 0;    ///< The memory, or the context of a packet; 0: the dynptr is null.
    std::uint32_t packed = 0;  ///< Size, type from bit 28 and whether it is read-only in bit 31.
    std::uint32_t offset = 0;  ///< Of what the dynptr covers.

    [[nodiscard]] bool is_null() const { return data == 0; }
    [[nodiscard]] bool is_read_only() const { return packed >> 31 != 0; }
    [[nodiscard]] std::uint32_t size() const { return packed & max_size; }
    [[nodiscard]] DynptrType type() const { return static_cast<DynptrType>(packed >> 28 & 7); }
    [[nodiscard]] bool is_packet() const {
        return type() == DynptrType::skb || type() == DynptrType::xdp;
    }
    /// Whether `bytes` from `at` are inside (bpf_dynptr_check_off_len).
    [[nodiscard]] bool covers(std::uint32_t at, std::uint32_t bytes) const {
        return bytes <= size() && at <= size() - bytes;
    }
};
static_assert(sizeof(Dynptr) == 16);

/// A dynptr of those bytes from `data`. @param size at most `Dynptr::max_size`.
Dynptr dynptr_over(std::uint64_t data, DynptrType type, std::uint32_t size, bool read_only);

/// The dynptr in program memory at `place`. Nothing, with the program stopped, where there is none
/// or it leads to what is not the program's.
std::optional<Dynptr> load_dynptr(Runtime& runtime, const void* place);
/// Writes one there. @return false with the program stopped where there is no room.
bool store_dynptr(Runtime& runtime, void* place, const Dynptr& dynptr);

/// Address of a part of it, which the program may read: null where there is none. @param buffer
/// what XDP gives for bytes that the packet has lost.
void* dynptr_slice(Runtime& runtime, const Dynptr& dynptr, std::uint32_t offset, void* buffer,
                   std::uint32_t size);
/// The same to be written; null for a read-only one.
void* dynptr_writable_slice(Runtime& runtime, const Dynptr& dynptr, std::uint32_t offset,
                            void* buffer, std::uint32_t size);

/// Copies out of, or into, a dynptr. @return 0, -EINVAL, -E2BIG for a range outside, or the error
/// of the packet's helper.
long read_from_dynptr(Runtime& runtime, void* to, std::uint32_t size, const Dynptr& dynptr,
                      std::uint32_t offset, std::uint64_t flags);
long write_to_dynptr(Runtime& runtime, const Dynptr& dynptr, std::uint32_t offset, const void* from,
                     std::uint32_t size, std::uint64_t flags);

}  // namespace bpftwin
