#include "helpers/maps/ring_buffer.h"

#include <sys/mman.h>
#include <unistd.h>

#include <cerrno>
#include <limits>
#include <mutex>

#include "fmt/format.h"
#include "helpers/maps/attributes.h"
#include "helpers/maps/slab.h"
#include "helpers/touch.h"

namespace bpftwin {
namespace {

// A record's header: its length with these flags, then a word that only the kernel uses.
constexpr std::uint32_t header_size = 8;
constexpr std::uint32_t busy_bit = 1U << 31;
constexpr std::uint32_t discard_bit = 1U << 30;
constexpr std::uint64_t max_record_size = std::numeric_limits<std::uint32_t>::max() / 4;

constexpr std::uint64_t space_of(std::uint64_t record_size) {
    return round_up_8(record_size + header_size);
}

constexpr std::uint32_t length_of(std::uint32_t header) {
    return header & ~(busy_bit | discard_bit);
}

/// Up to that size a ring has its pages from the start, as every ring in a kernel; larger ones get
/// them when they are used.
constexpr std::uint64_t most_populated = 16U << 20;

/// Maps the file's `size` bytes twice into `room`, which has space for both.
bool map_twice(int file, std::byte* room, std::uint64_t size) {
    const int populate = size <= most_populated ? MAP_POPULATE : 0;
    for (std::byte* at : {room, room + size})
        if (mmap(at, size, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_FIXED | populate, file, 0) ==
            MAP_FAILED)
            return false;
    return true;
}

std::byte* map_data(std::uint64_t size) {
    const int file = memfd_create("ringbuf", MFD_CLOEXEC);
    if (file < 0) return nullptr;
    void* room = MAP_FAILED;
    if (ftruncate(file, static_cast<off_t>(size)) == 0)
        room =
            mmap(nullptr, 2 * size, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    const bool mapped = room != MAP_FAILED && map_twice(file, static_cast<std::byte*>(room), size);
    if (!mapped && room != MAP_FAILED) munmap(room, 2 * size);
    close(file);
    return mapped ? static_cast<std::byte*>(room) : nullptr;
}

}  // namespace

Result<std::unique_ptr<Map>> RingBuffer::create(const MapSpec& spec, std::uint32_t cpu_count) {
    std::byte* data = map_data(spec.max_entries);
    if (!data)
        return fail(fmt::format("the system has no {} bytes for a ring buffer", spec.max_entries),
                    ENOMEM);
    return std::unique_ptr<Map>(new RingBuffer(spec, cpu_count, data));
}

RingBuffer::~RingBuffer() { munmap(data_, 2 * size_); }

std::uint32_t& RingBuffer::header(std::uint64_t position) const {
    return *reinterpret_cast<std::uint32_t*>(data_ + (position & (size_ - 1)));
}

std::byte* RingBuffer::record_at(std::uint64_t position) const {
    return data_ + (position & (size_ - 1)) + header_size;
}

// Space is also short while an old record is still reserved, however much was consumed meanwhile.
void RingBuffer::skip_finished() {
    while (pending_pos_ < producer_pos_) {
        const std::uint32_t word = load_acquire(header(pending_pos_));
        if ((word & busy_bit) != 0) return;
        pending_pos_ += space_of(length_of(word));
    }
}

void* RingBuffer::reserve(std::uint64_t size, std::uint64_t flags) {
    if (flags != 0 || size > max_record_size || space_of(size) > size_) return nullptr;
    const std::lock_guard guard(lock_);
    skip_finished();
    const std::uint64_t position = producer_pos_;
    const std::uint64_t end = position + space_of(size);
    if (end - consumer_pos_ >= size_ || end - pending_pos_ >= size_) return nullptr;
    store_relaxed(header(position), static_cast<std::uint32_t>(size) | busy_bit);
    producer_pos_.store(end, std::memory_order_release);
    return record_at(position);
}

std::optional<std::uint32_t> RingBuffer::reserved_size(const void* record) {
    const std::lock_guard guard(lock_);
    skip_finished();
    for (std::uint64_t at = pending_pos_; at < producer_pos_;) {
        const std::uint32_t word = load_acquire(header(at));
        if (record_at(at) == record && (word & busy_bit) != 0) return length_of(word);
        at += space_of(length_of(word));
    }
    return std::nullopt;
}

void RingBuffer::commit(void* record, std::uint32_t discarded) {
    auto* word = reinterpret_cast<std::uint32_t*>(static_cast<std::byte*>(record) - header_size);
    store_release(*word, length_of(load_relaxed(*word)) | discarded);
}

void RingBuffer::submit(void* record, std::uint64_t) { commit(record, 0); }

void RingBuffer::discard(void* record, std::uint64_t) { commit(record, discard_bit); }

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
        case RingQuery::ring_size: return size_;
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
        const std::uint32_t word = load_acquire(header(position));
        const std::uint64_t space = space_of(length_of(word));
        // More than there is: a program without checks wrote over the header.
        if ((word & busy_bit) != 0 || space > end - position) break;
        const std::byte* record = record_at(position);
        if ((word & discard_bit) == 0)
            events.push_back({spec().name, 0, Bytes(record, record + length_of(word))});
        position += space;
        consumer_pos_.store(position, std::memory_order_release);
    }
}

void* RingBuffer::lookup_elem(const void*, std::uint32_t) { return nullptr; }

long RingBuffer::update_elem(const void*, const void*, std::uint64_t, std::uint32_t) {
    return -enotsupp;
}

long RingBuffer::delete_elem(const void*) { return -enotsupp; }

long RingBuffer::next_key(const void*, void*) { return -enotsupp; }

long RingBuffer::copy_out(const void*, std::span<Bytes>) { return -enotsupp; }

long RingBuffer::copy_in(const void*, std::span<const Bytes>, std::uint64_t) { return -enotsupp; }

}  // namespace bpftwin
