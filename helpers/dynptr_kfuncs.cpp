// Kernel functions of dynptrs (kernel/bpf/helpers.c, net/core/filter.c).
#include <cerrno>
#include <cstring>

#include "helpers/dynptr.h"
#include "helpers/kfunc_calls.h"
#include "helpers/require.h"
#include "vm/context.h"
#include "vm/runtime.h"

namespace bpftwin::kfuncs {
namespace {

int dynptr_of_packet(Runtime& runtime, std::uint64_t context, std::uint64_t flags, void* place,
                     DynptrType type) {
    if (!require_packet(runtime)) return 0;
    if (context != runtime.context().address()) {
        refuse_argument(runtime, "a dynptr of a packet is made of the program's context");
        return 0;
    }
    Dynptr made;
    if (flags == 0)
        made = dynptr_over(context, type, runtime.packet()->size(),
                           !runtime.context().layout().packet_writable);
    store_dynptr(runtime, place, made);
    return flags == 0 ? 0 : -EINVAL;
}

/// Bytes that stand there, as far as the program may write them.
bool fill(Runtime& runtime, const Dynptr& dynptr, std::uint32_t offset, std::uint32_t size,
          std::uint8_t value) {
    void* bytes = dynptr_writable_slice(runtime, dynptr, offset, nullptr, size);
    if (bytes) std::memset(bytes, value, size);
    return bytes != nullptr;
}

}  // namespace

int bpf_dynptr_from_skb(Runtime& runtime, std::uint64_t context, std::uint64_t flags,
                        void* dynptr) {
    return dynptr_of_packet(runtime, context, flags, dynptr, DynptrType::skb);
}

int bpf_dynptr_from_xdp(Runtime& runtime, std::uint64_t context, std::uint64_t flags,
                        void* dynptr) {
    return dynptr_of_packet(runtime, context, flags, dynptr, DynptrType::xdp);
}

void* bpf_dynptr_slice(Runtime& runtime, const void* dynptr, std::uint32_t offset, void* buffer,
                       std::uint32_t size) {
    const auto of = load_dynptr(runtime, dynptr);
    return of ? dynptr_slice(runtime, *of, offset, buffer, size) : nullptr;
}

void* bpf_dynptr_slice_rdwr(Runtime& runtime, const void* dynptr, std::uint32_t offset,
                            void* buffer, std::uint32_t size) {
    const auto of = load_dynptr(runtime, dynptr);
    return of ? dynptr_writable_slice(runtime, *of, offset, buffer, size) : nullptr;
}

int bpf_dynptr_adjust(Runtime& runtime, void* dynptr, std::uint32_t start, std::uint32_t end) {
    auto changed = load_dynptr(runtime, dynptr);
    if (!changed) return 0;
    if (changed->is_null() || start > end) return -EINVAL;
    if (end > changed->size()) return -ERANGE;
    changed->offset += start;
    changed->packed = (changed->packed & ~Dynptr::max_size) | (end - start);
    store_dynptr(runtime, dynptr, *changed);
    return 0;
}

bool bpf_dynptr_is_null(Runtime& runtime, const void* dynptr) {
    const auto of = load_dynptr(runtime, dynptr);
    return of && of->is_null();
}

bool bpf_dynptr_is_rdonly(Runtime& runtime, const void* dynptr) {
    const auto of = load_dynptr(runtime, dynptr);
    return of && !of->is_null() && of->is_read_only();
}

std::uint32_t bpf_dynptr_size(Runtime& runtime, const void* dynptr) {
    const auto of = load_dynptr(runtime, dynptr);
    if (!of) return 0;
    return of->is_null() ? static_cast<std::uint32_t>(-EINVAL) : of->size();
}

int bpf_dynptr_clone(Runtime& runtime, const void* dynptr, void* clone) {
    const auto of = load_dynptr(runtime, dynptr);
    if (!of || !store_dynptr(runtime, clone, of->is_null() ? Dynptr() : *of)) return 0;
    return of->is_null() ? -EINVAL : 0;
}

int bpf_dynptr_copy(Runtime& runtime, const void* to, std::uint32_t to_offset, const void* from,
                    std::uint32_t from_offset, std::uint32_t size) {
    const auto target = load_dynptr(runtime, to);
    const auto source = load_dynptr(runtime, from);
    if (!target || !source) return 0;
    const void* bytes = dynptr_slice(runtime, *source, from_offset, nullptr, size);
    if (bytes)
        return static_cast<int>(write_to_dynptr(runtime, *target, to_offset, bytes, size, 0));
    void* room = dynptr_writable_slice(runtime, *target, to_offset, nullptr, size);
    if (room)
        return static_cast<int>(read_from_dynptr(runtime, room, size, *source, from_offset, 0));
    return target->covers(to_offset, size) && source->covers(from_offset, size) ? -EFAULT : -E2BIG;
}

int bpf_dynptr_memset(Runtime& runtime, const void* dynptr, std::uint32_t offset,
                      std::uint32_t size, std::uint8_t value) {
    const auto to = load_dynptr(runtime, dynptr);
    if (!to || fill(runtime, *to, offset, size, value)) return 0;
    if (to->is_read_only()) return -EINVAL;
    return to->covers(offset, size) ? -EFAULT : -E2BIG;
}

}  // namespace bpftwin::kfuncs
