#include "helpers/maps/user_ring_buffer.h"

#include <algorithm>
#include <cerrno>
#include <mutex>

#include "fmt/format.h"
#include "helpers/dynptr.h"
#include "helpers/maps/attributes.h"

namespace bpftwin {

Result<std::unique_ptr<Map>> UserRingBuffer::create(const MapSpec& spec, std::uint32_t cpu_count) {
    auto data = RingMemory::create(spec.max_entries);
    if (!data) return std::unexpected(data.error());
    return std::unique_ptr<Map>(new UserRingBuffer(spec, cpu_count, std::move(*data)));
}

Result<void> UserRingBuffer::send(ByteView record) {
    const std::uint64_t space = RingMemory::space_of(record.size());
    if (space > data_.size())
        return fail(fmt::format("map {}: a record of {} bytes and its header do not fit into {}",
                                spec().name, record.size(), data_.size()),
                    E2BIG);
    const std::lock_guard guard(lock_);
    const std::uint64_t position = producer_pos_;
    if (space > data_.size() - (position - consumer_pos_))
        return fail(fmt::format("map {}: no room for {} bytes until a program reads", spec().name,
                                record.size()),
                    ENOSPC);
    std::ranges::copy(record, data_.record_at(position));
    store_relaxed(data_.header(position), static_cast<std::uint32_t>(record.size()));
    producer_pos_.store(position + space, std::memory_order_release);
    return {};
}

long UserRingBuffer::oldest(Record& record) const {
    const std::uint64_t position = consumer_pos_;
    const std::uint64_t filled = producer_pos_.load(std::memory_order_acquire) - position;
    if (filled == 0) return -ENODATA;
    const std::uint32_t size = load_relaxed(data_.header(position));
    if (RingMemory::space_of(size) > filled) return -EINVAL;
    if (size > Dynptr::max_size) return -E2BIG;
    record = {data_.record_at(position), size};
    return 0;
}

void UserRingBuffer::release(const Record& record) {
    consumer_pos_.fetch_add(RingMemory::space_of(record.size), std::memory_order_release);
}

}  // namespace bpftwin
