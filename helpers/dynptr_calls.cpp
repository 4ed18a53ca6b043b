// Helpers of dynptrs (kernel/bpf/helpers.c, bpf_ringbuf_*_dynptr of kernel/bpf/ringbuf.c).
#include <cerrno>

#include "helpers/calls.h"
#include "helpers/dynptr.h"
#include "helpers/maps/ring_buffer.h"
#include "helpers/require.h"
#include "vm/runtime.h"

namespace bpftwin::calls {
namespace {

/// Ends the record that a dynptr is of, and makes the dynptr null.
void end_record(Runtime& runtime, void* place, std::uint64_t flags,
                void (*end)(Runtime&, void*, std::uint64_t)) {
    const auto dynptr = load_dynptr(runtime, place);
    if (!dynptr || dynptr->is_null()) return;
    if (dynptr->type() != DynptrType::ringbuf)
        return refuse_argument(runtime, "the dynptr is of no ring buffer record");
    end(runtime, reinterpret_cast<void*>(dynptr->data), flags);
    store_dynptr(runtime, place, {});
}

}  // namespace

long dynptr_from_mem(Runtime& runtime, void* data, std::uint32_t size, std::uint64_t flags,
                     void* dynptr) {
    const long error = size > Dynptr::max_size ? -E2BIG : flags != 0 ? -EINVAL : 0;
    const auto address = reinterpret_cast<std::uint64_t>(data);
    store_dynptr(runtime, dynptr,
                 error != 0 ? Dynptr() : dynptr_over(address, DynptrType::local, size, false));
    return error;
}

long ringbuf_reserve_dynptr(Runtime& runtime, RingBuffer& map, std::uint32_t size,
                            std::uint64_t flags, void* dynptr) {
    if (!store_dynptr(runtime, dynptr, {})) return 0;
    if (flags != 0) return -EINVAL;
    if (size > Dynptr::max_size) return -E2BIG;
    void* record = ringbuf_reserve(runtime, map, size, 0);
    if (!record) return -EINVAL;
    const auto address = reinterpret_cast<std::uint64_t>(record);
    store_dynptr(runtime, dynptr, dynptr_over(address, DynptrType::ringbuf, size, false));
    return 0;
}

void ringbuf_submit_dynptr(Runtime& runtime, void* dynptr, std::uint64_t flags) {
    end_record(runtime, dynptr, flags, ringbuf_submit);
}

void ringbuf_discard_dynptr(Runtime& runtime, void* dynptr, std::uint64_t flags) {
    end_record(runtime, dynptr, flags, ringbuf_discard);
}

long dynptr_read(Runtime& runtime, void* to, std::uint32_t size, const void* dynptr,
                 std::uint32_t offset, std::uint64_t flags) {
    const auto from = load_dynptr(runtime, dynptr);
    return from ? read_from_dynptr(runtime, to, size, *from, offset, flags) : 0;
}

long dynptr_write(Runtime& runtime, const void* dynptr, std::uint32_t offset, const void* from,
                  std::uint32_t size, std::uint64_t flags) {
    const auto to = load_dynptr(runtime, dynptr);
    return to ? write_to_dynptr(runtime, *to, offset, from, size, flags) : 0;
}

void* dynptr_data(Runtime& runtime, const void* dynptr, std::uint32_t offset, std::uint32_t size) {
    const auto of = load_dynptr(runtime, dynptr);
    if (!of || of->is_packet()) return nullptr;
    return dynptr_writable_slice(runtime, *of, offset, nullptr, size);
}

}  // namespace bpftwin::calls
