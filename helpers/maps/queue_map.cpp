#include "helpers/maps/queue_map.h"

#include <cerrno>
#include <cstring>
#include <mutex>

#include "helpers/touch.h"

namespace bpftwin {

Result<std::unique_ptr<Map>> QueueMap::create(const MapSpec& spec, std::uint32_t cpu_count) {
    auto values = Slab::create(std::uint64_t{spec.max_entries} + 1, spec.value_size);
    if (!values) return std::unexpected(values.error());
    return std::unique_ptr<Map>(new QueueMap(spec, cpu_count, std::move(*values)));
}

long QueueMap::push_elem(const void* value, std::uint64_t flags) {
    if (flags != update_flag::any && flags != update_flag::exist) return -EINVAL;
    touch_readable(value, spec().value_size);
    const std::lock_guard guard(lock_);
    if (after(head_) == tail_) {
        if (flags == update_flag::any) return -E2BIG;
        tail_ = after(tail_);
    }
    std::memcpy(value_at(head_), value, spec().value_size);
    head_ = after(head_);
    return 0;
}

long QueueMap::read_next(void* value, bool remove) {
    touch_writable(value, spec().value_size);
    const std::lock_guard guard(lock_);
    if (head_ == tail_) {
        std::memset(value, 0, spec().value_size);
        return -ENOENT;
    }
    const std::uint64_t place = last_first_ ? before(head_) : tail_;
    std::memcpy(value, value_at(place), spec().value_size);
    if (!remove) return 0;
    if (last_first_)
        head_ = place;
    else
        tail_ = after(place);
    return 0;
}

long QueueMap::update_elem(const void*, const void*, std::uint64_t, std::uint32_t) {
    return -EINVAL;
}

long QueueMap::delete_elem(const void*) { return -EINVAL; }

long QueueMap::next_key(const void*, void*) { return -EINVAL; }

long QueueMap::copy_out(const void*, std::span<Bytes> values) {
    return peek_elem(values.front().data());
}

long QueueMap::copy_in(const void*, std::span<const Bytes> values, std::uint64_t flags) {
    return push_elem(values.front().data(), flags);
}

long QueueMap::take_out(const void*, std::span<Bytes> values) {
    return pop_elem(values.front().data());
}

}  // namespace bpftwin
