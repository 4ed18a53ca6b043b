#include "helpers/maps/ring_buffer.h"

#include <cerrno>
#include <cstring>
#include <limits>
#include <mutex>

#include "helpers/maps/attributes.h"
#include "helpers/touch.h"

namespace bpftwin {
namespace {

constexpr std::uint64_t max_record_size = std::numeric_limits<std::uint32_t>::max() / 4;

}  // namespace

Result<std::unique_ptr<Map>> RingBuffer::create(const MapSpec& spec, std::uint32_t cpu_count) {
    auto data = RingMemory::create(spec.max_entries);
    if (!data) return std::unexpected(data.error());
    return std::unique_ptr<Map>(new RingBuffer(spec, cpu_count, std::move(*data)));
}

// Space is also short while an old record is still reserved, however much was consumed meanwhile.
void RingBuffer::skip_finished() {
    while (pending_pos_ < producer_pos_) {
        const std::uint32_t word = load_acquire(data_.header(pending_pos_));
        if ((word & RingMemory::busy_bit) != 0) return;
        pending_pos_ += RingMemory::space_of(RingMemory::length_of(word));
    }
}

void* RingBuffer::reserve(std::uint64_t size, std::uint64_t flags) {
    if (flags != 0 || size > max_record_size || RingMemory::space_of(size) > data_.size())
        return nullptr;
    const std::lock_guard guard(lock_);
    skip_finished();
    const std::uint64_t position = producer_pos_;
    const std::uint64_t end = position + RingMemory::space_of(size);
    if (end - consumer_pos_ >= data_.size() || end - pending_pos_ >= data_.size()) return nullptr;
    store_relaxed(data_.header(position), static_cast<std::uint32_t>(size) | RingMemory::busy_bit);
    producer_pos_.store(end, std::memory_order_release);
    return data_.record_at(position);
}

std::optional<std::uint32_t> RingBuffer::reserved_size(const void* record) {
    const std::lock_guard guard(lock_);
    skip_finished();
    for (std::uint64_t at = pending_pos_; at < producer_pos_;) {
        const std::uint32_t word = load_acquire(data_.header(at));
        if (data_.record_at(at) == record && (word & RingMemory::busy_bit) != 0)
            return RingMemory::length_of(word);
        at += RingMemory::space_of(RingMemory::length_of(word));
    }
    return std::nullopt;
}

void RingBuffer::commit(void* record, std::uint32_t discarded) {
    auto* word =
        reinterpret_cast<std::uint32_t*>(static_cast<std::byte*>(record) - RingMemory::header_size);
    store_release(*word, RingMemory::length_of(load_relaxed(*word)) | discarded);
}

void RingBuffer::submit(void* record, std::uint64_t) { commit(record, 0); }

void RingBuffer::discard(void* record, std::uint64_t) { commit(record, RingMemory::discard_bit); }

long RingBuffer::output(const void* data, std::uint64_t size, std::uint64_t flags) {
    if ((flags & ~(ring_flag::no_wakeup | ring_flag::force_wakeup)) != 0) return -EINVAL;
    touch_readable(data, size);
    void* record = reserve(size, 0);
    if (!record) return -EAGAIN;
    if (size != 0) std::memcpy(record, data, size);
    submit(record, flags);
    return 0;
}

std::uint64_t RingBuffer::query(std::uint64_t flags) const {
    switch (static_cast<RingQuery>(flags)) {
        case RingQuery::available_data: return producer_pos_ - consumer_pos_;
        case RingQuery::ring_size: return data_.size();
        case RingQuery::consumer_pos: return consumer_pos_;
        case RingQuery::producer_pos: return producer_pos_;
    }
    return 0;
}

void RingBuffer::drain(std::vector<Event>& events) {
    const std::lock_guard guard(consumer_lock_);
    std::uint64_t position = consumer_pos_;
    const std::uint64_t end = producer_pos_.load(std::memory_order_acquire);
    while (position < end) {
        const std::uint32_t word = load_acquire(data_.header(position));
        const std::uint64_t space = RingMemory::space_of(RingMemory::length_of(word));
        // More than there is: a program without checks wrote over the header.
        if ((word & RingMemory::busy_bit) != 0 || space > end - position) break;
        const std::byte* record = data_.record_at(position);
        if ((word & RingMemory::discard_bit) == 0)
            events.push_back({spec().name, 0, Bytes(record, record + RingMemory::length_of(word))});
        position += space;
        consumer_pos_.store(position, std::memory_order_release);
    }
}

}  // namespace bpftwin
