#include "helpers/dynptr.h"

#include <cerrno>
#include <cstring>

#include "fmt/format.h"
#include "helpers/calls.h"
#include "helpers/packet_bytes.h"
#include "helpers/require.h"
#include "vm/context.h"
#include "vm/runtime.h"

namespace bpftwin {
namespace {

std::uint64_t address_of(const void* place) { return reinterpret_cast<std::uint64_t>(place); }
void* pointer_to(std::uint64_t address) { return reinterpret_cast<void*>(address); }

/// Whether what the dynptr leads to is there, and the program's.
bool is_sound(Runtime& runtime, const Dynptr& dynptr) {
    if (dynptr.is_null()) return true;
    const bool empty = dynptr.size() == 0;  // Also at the end of its memory.
    switch (dynptr.type()) {
        case DynptrType::invalid: return false;
        case DynptrType::local:
        case DynptrType::ringbuf:
            return empty || runtime.memory().allows(dynptr.data + dynptr.offset, dynptr.size(),
                                                    !dynptr.is_read_only());
        case DynptrType::skb:
        case DynptrType::xdp: return runtime.packet() && dynptr.data == runtime.context().address();
    }
    return false;  // A number that is no type.
}

}  // namespace

Dynptr dynptr_over(std::uint64_t data, DynptrType type, std::uint32_t size, bool read_only) {
    return {.data = data,
            .packed = size | static_cast<std::uint32_t>(type) << 28 | (read_only ? 1U << 31 : 0)};
}

std::optional<Dynptr> load_dynptr(Runtime& runtime, const void* place) {
    Dynptr dynptr;
    if (!runtime.probe_read(&dynptr, address_of(place), sizeof dynptr) ||
        !is_sound(runtime, dynptr)) {
        refuse_argument(runtime, fmt::format("there is no dynptr at {:#x}", address_of(place)));
        return std::nullopt;
    }
    return dynptr;
}

bool store_dynptr(Runtime& runtime, void* place, const Dynptr& dynptr) {
    if (runtime.memory().allows(address_of(place), sizeof dynptr, true)) {
        std::memcpy(place, &dynptr, sizeof dynptr);
        return true;
    }
    refuse_argument(runtime,
                    fmt::format("there is no room for a dynptr at {:#x}", address_of(place)));
    return false;
}

void* dynptr_slice(Runtime& runtime, const Dynptr& dynptr, std::uint32_t offset, void* buffer,
                   std::uint32_t size) {
    if (dynptr.is_null() || !dynptr.covers(offset, size)) return nullptr;
    if (!dynptr.is_packet()) return pointer_to(dynptr.data + dynptr.offset + offset);
    void* bytes = packet_bytes(*runtime.packet(), dynptr.offset + offset, size);
    return bytes || dynptr.type() == DynptrType::skb ? bytes : buffer;
}

void* dynptr_writable_slice(Runtime& runtime, const Dynptr& dynptr, std::uint32_t offset,
                            void* buffer, std::uint32_t size) {
    return dynptr.is_read_only() ? nullptr : dynptr_slice(runtime, dynptr, offset, buffer, size);
}

long read_from_dynptr(Runtime& runtime, void* to, std::uint32_t size, const Dynptr& dynptr,
                      std::uint32_t offset, std::uint64_t flags) {
    if (dynptr.is_null() || flags != 0) return -EINVAL;
    if (!dynptr.covers(offset, size)) return -E2BIG;
    const std::uint32_t at = dynptr.offset + offset;
    if (dynptr.type() == DynptrType::skb)
        return calls::skb_load_bytes(runtime, *runtime.packet(), at, to, size);
    if (dynptr.type() == DynptrType::xdp)
        return calls::xdp_load_bytes(runtime, *runtime.packet(), at, to, size);
    std::memmove(to, pointer_to(dynptr.data + at), size);
    return 0;
}

long write_to_dynptr(Runtime& runtime, const Dynptr& dynptr, std::uint32_t offset, const void* from,
                     std::uint32_t size, std::uint64_t flags) {
    if (dynptr.is_null() || dynptr.is_read_only()) return -EINVAL;
    if (!dynptr.covers(offset, size)) return -E2BIG;
    const std::uint32_t at = dynptr.offset + offset;
    if (dynptr.type() == DynptrType::skb)
        return calls::skb_store_bytes(runtime, *runtime.packet(), at, from, size, flags);
    if (flags != 0) return -EINVAL;
    if (dynptr.type() == DynptrType::xdp)
        return calls::xdp_store_bytes(runtime, *runtime.packet(), at, from, size);
    std::memmove(pointer_to(dynptr.data + at), from, size);
    return 0;
}

}  // namespace bpftwin
