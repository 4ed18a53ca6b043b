// bpf_user_ringbuf_drain (kernel/bpf/ringbuf.c).
#include <cerrno>

#include "helpers/calls.h"
#include "helpers/dynptr.h"
#include "helpers/maps/ring_buffer.h"
#include "helpers/maps/user_ring_buffer.h"
#include "vm/runtime.h"

namespace bpftwin::calls {
namespace {

/// A record and a dynptr of it, which the callback sees for as long as this lives.
class VisibleRecord {
public:
    VisibleRecord(Memory& memory, const UserRingBuffer::Record& record)
        : memory_(memory),
          data_(reinterpret_cast<std::uint64_t>(record.data)),
          dynptr_(dynptr_over(data_, DynptrType::local, record.size, false)) {
        memory_.add({.begin = data_, .size = record.size, .name = "record of user space"});
        memory_.add({.begin = address(),
                     .size = sizeof dynptr_,
                     .writable = false,
                     .name = "dynptr of user_ringbuf_drain"});
    }
    ~VisibleRecord() {
        memory_.remove(address());
        memory_.remove(data_);
    }
    VisibleRecord(const VisibleRecord&) = delete;
    VisibleRecord& operator=(const VisibleRecord&) = delete;

    [[nodiscard]] std::uint64_t address() const {
        return reinterpret_cast<std::uint64_t>(&dynptr_);
    }

private:
    Memory& memory_;
    std::uint64_t data_;
    Dynptr dynptr_;
};

long read_records(Runtime& runtime, UserRingBuffer& map, std::uint64_t callback,
                  std::uint64_t context) {
    constexpr long most = 128 * 1024;  // BPF_MAX_USER_RINGBUF_SAMPLES.
    for (long count = 0; count < most; ++count) {
        UserRingBuffer::Record record{};
        const long error = map.oldest(record);
        if (error != 0) return error == -ENODATA ? count : error;
        bool end = false;
        {
            const VisibleRecord visible(runtime.memory(), record);
            end = runtime.call(callback, visible.address(), context, 0, 0, 0) != 0;
        }
        map.release(record);
        if (end || runtime.stopped()) return count + 1;
    }
    return most;
}

}  // namespace

long user_ringbuf_drain(Runtime& runtime, UserRingBuffer& map, std::uint64_t callback,
                        std::uint64_t context, std::uint64_t flags) {
    if ((flags & ~(ring_flag::no_wakeup | ring_flag::force_wakeup)) != 0) return -EINVAL;
    if (!map.begin_reading()) return -EBUSY;
    const long count = read_records(runtime, map, callback, context);
    map.end_reading();
    return count;
}

}  // namespace bpftwin::calls
