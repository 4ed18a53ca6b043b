// user_ringbuf: records from user space, in order (kernel/bpf/ringbuf.c).
#pragma once

#include <atomic>
#include <cstdint>
#include <memory>

#include "helpers/map.h"
#include "helpers/maps/atomic_word.h"
#include "helpers/maps/ring_memory.h"

namespace bpftwin {

class UserRingBuffer final : public Map {
public:
    static Result<std::unique_ptr<Map>> create(const MapSpec& spec, std::uint32_t cpu_count);

    /// Copies a record in, as libbpf's user_ring_buffer does.
    /// @return an Error: ENOSPC where there is no room now, E2BIG where there never is.
    Result<void> send(ByteView record) override;

    /// A record for the one program that reads.
    struct Record {
        std::byte* data;
        std::uint32_t size;
    };
    /// Makes the caller the one that reads. @return false where another one does, who may be the
    /// caller's caller.
    bool begin_reading() { return !reading_.exchange(true, std::memory_order_acquire); }
    void end_reading() { reading_.store(false, std::memory_order_release); }
    /// The oldest record. @return 0, -ENODATA without one, -E2BIG for one too large for a dynptr,
    /// -EINVAL for one that a program has spoilt.
    long oldest(Record& record) const;
    /// Gives back the room of the oldest record.
    void release(const Record& record);

private:
    UserRingBuffer(const MapSpec& spec, std::uint32_t cpu_count, RingMemory data)
        : Map(spec, cpu_count, {}), data_(std::move(data)) {}

    RingMemory data_;
    SpinLock lock_;  // Producers.
    std::atomic<bool> reading_ = false;
    std::atomic<std::uint64_t> consumer_pos_ = 0;
    std::atomic<std::uint64_t> producer_pos_ = 0;
};

}  // namespace bpftwin
