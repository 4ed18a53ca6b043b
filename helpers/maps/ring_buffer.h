// ringbuf: records to user space, in order of reservation (kernel/bpf/ringbuf.c).
#pragma once

#include <cstdint>
#include <memory>

#include "helpers/map.h"
#include "helpers/maps/atomic_word.h"
#include "helpers/maps/ring_memory.h"

namespace bpftwin {

/// Flags of submit, discard and output: accepted and without effect, for nobody sleeps on a buffer
/// here. What `query` is asked for.
namespace ring_flag {
inline constexpr std::uint64_t no_wakeup = 1;
inline constexpr std::uint64_t force_wakeup = 2;
}  // namespace ring_flag

enum class RingQuery : std::uint64_t { available_data, ring_size, consumer_pos, producer_pos };

class RingBuffer final : public Map {
public:
    static Result<std::unique_ptr<Map>> create(const MapSpec& spec, std::uint32_t cpu_count);

    /// Memory for a record of `size` bytes, or null when it does not fit now or `flags` is not 0.
    /// The program may touch it until it submits or discards it.
    void* reserve(std::uint64_t size, std::uint64_t flags);
    /// Ends a reservation; `record` came from `reserve` (see `reserved_size`).
    void submit(void* record, std::uint64_t flags);
    void discard(void* record, std::uint64_t flags);
    /// Reserves, copies and submits. @return 0, -EINVAL for unknown flags, -EAGAIN without room.
    long output(const void* data, std::uint64_t size, std::uint64_t flags);
    /// One of `RingQuery` in bytes; 0 for other questions.
    [[nodiscard]] std::uint64_t query(std::uint64_t flags) const;

    /// Bytes of the reserved record that begins at `record`, or nothing if there is none.
    [[nodiscard]] std::optional<std::uint32_t> reserved_size(const void* record);

    /// Takes submitted records out as a consumer would: in order, up to one still reserved.
    void drain(std::vector<Event>& events) override;

private:
    RingBuffer(const MapSpec& spec, std::uint32_t cpu_count, RingMemory data)
        : Map(spec, cpu_count, {}), data_(std::move(data)) {}

    void skip_finished();
    void commit(void* record, std::uint32_t discarded);

    RingMemory data_;
    SpinLock lock_;  // Producers.
    SpinLock consumer_lock_;
    std::atomic<std::uint64_t> consumer_pos_ = 0;
    std::atomic<std::uint64_t> producer_pos_ = 0;
    std::uint64_t pending_pos_ = 0;  // The oldest record still reserved is not before this.
};

}  // namespace bpftwin
