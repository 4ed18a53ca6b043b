#include "helpers/maps/stack_trace_map.h"

#include <algorithm>
#include <bit>
#include <cerrno>
#include <cstring>
#include <mutex>

#include "helpers/maps/jenkins_hash.h"
#include "helpers/maps/type_info.h"

namespace bpftwin {
namespace {

/// `struct bpf_stack_build_id` (include/uapi/linux/bpf.h).
struct BuildIdFrame {
    std::int32_t status;
    std::byte build_id[20];
    std::uint64_t ip;
};
constexpr std::int32_t address_only = 2;  // BPF_STACK_BUILD_ID_IP.

constexpr std::uint32_t deepest = 127;  // sysctl_perf_event_max_stack.

constexpr std::uint64_t known_flags =
    stack_flag::skip | stack_flag::user | stack_flag::fast_compare | stack_flag::reuse;

std::uint32_t number_at(const void* key) {
    std::uint32_t number;
    std::memcpy(&number, key, sizeof number);
    return number;
}

}  // namespace

Result<std::unique_ptr<Map>> StackTraceMap::create(const MapSpec& spec, std::uint32_t cpu_count) {
    const std::uint64_t count = std::bit_ceil(std::uint64_t{spec.max_entries});
    auto buckets = Slab::create(count, sizeof(Bucket));
    if (!buckets) return std::unexpected(buckets.error());
    auto traces = Slab::create(count, spec.value_size);
    if (!traces) return std::unexpected(traces.error());
    return std::unique_ptr<Map>(
        new StackTraceMap(spec, cpu_count, std::move(*buckets), std::move(*traces)));
}

StackTraceMap::StackTraceMap(const MapSpec& spec, std::uint32_t cpu_count, Slab buckets,
                             Slab traces)
    : Map(spec, cpu_count, {}),
      count_(std::bit_ceil(std::uint64_t{spec.max_entries})),
      frame_size_((spec.map_flags & map_flag::stack_build_id) != 0 ? sizeof(BuildIdFrame)
                                                                   : sizeof(std::uint64_t)),
      buckets_(std::move(buckets)),
      traces_(std::move(traces)) {}

std::uint32_t StackTraceMap::depth(std::uint64_t flags) const {
    const auto skipped = static_cast<std::uint32_t>(flags & stack_flag::skip);
    return std::min(spec().value_size / frame_size_ + skipped, deepest);
}

Bytes StackTraceMap::stored_form(std::span<const std::uint64_t> frames) const {
    if (frame_size_ == sizeof(std::uint64_t)) {
        const auto bytes = std::as_bytes(frames);
        return {bytes.begin(), bytes.end()};
    }
    Bytes stored(frames.size() * sizeof(BuildIdFrame));
    for (std::size_t i = 0; i < frames.size(); ++i) {
        const BuildIdFrame frame{.status = address_only, .build_id = {}, .ip = frames[i]};
        std::memcpy(&stored[i * sizeof frame], &frame, sizeof frame);
    }
    return stored;
}

bool StackTraceMap::holds(std::uint32_t id, const Bytes& bytes) const {
    return bucket(id).bytes == bytes.size() &&
           std::memcmp(trace(id), bytes.data(), bytes.size()) == 0;
}

long StackTraceMap::put(std::span<const std::uint64_t> frames, std::uint64_t flags) {
    if ((flags & ~known_flags) != 0) return -EINVAL;
    frames = frames.first(std::min<std::size_t>(frames.size(), depth(flags)));
    const std::uint64_t skipped = flags & stack_flag::skip;
    if (frames.size() <= skipped) return -EFAULT;
    frames = frames.subspan(skipped);
    const std::uint32_t hash = jenkins_hash(frames.data(), frames.size_bytes(), 0);
    const auto id = static_cast<std::uint32_t>(hash & (count_ - 1));
    const Bytes bytes = stored_form(frames);
    const std::lock_guard guard(lock_);
    Bucket& at = bucket(id);
    const bool same_hash = at.bytes != 0 && at.hash == hash;
    if (same_hash && ((flags & stack_flag::fast_compare) != 0 || holds(id, bytes))) return id;
    if (at.bytes != 0 && (flags & stack_flag::reuse) == 0) return -EEXIST;
    // The kernel takes memory for the new trace before it gives back that of the old one.
    if (used_ >= spec().max_entries) return -ENOMEM;
    if (at.bytes == 0) ++used_;
    std::memcpy(trace(id), bytes.data(), bytes.size());
    at = {hash, static_cast<std::uint32_t>(bytes.size())};
    return id;
}

long StackTraceMap::update_elem(const void*, const void*, std::uint64_t, std::uint32_t) {
    return -EINVAL;
}

long StackTraceMap::delete_elem(const void* key) {
    const std::uint32_t id = number_at(key);
    if (id >= count_) return -E2BIG;
    const std::lock_guard guard(lock_);
    return remove(id);
}

long StackTraceMap::remove(std::uint32_t id) {
    if (bucket(id).bytes == 0) return -ENOENT;
    bucket(id).bytes = 0;
    --used_;
    return 0;
}

long StackTraceMap::next_key(const void* key, void* next) {
    const std::lock_guard guard(lock_);
    std::uint64_t id = 0;
    if (key && number_at(key) < count_ && bucket(number_at(key)).bytes != 0)
        id = number_at(key) + 1UL;
    while (id < count_ && bucket(id).bytes == 0) ++id;
    if (id >= count_) return -ENOENT;
    const auto found = static_cast<std::uint32_t>(id);
    std::memcpy(next, &found, sizeof found);
    return 0;
}

long StackTraceMap::copy_out(const void* key, std::span<Bytes> values) {
    const std::uint32_t id = number_at(key);
    if (id >= count_) return -ENOENT;
    const std::lock_guard guard(lock_);
    return read(id, values.front());
}

long StackTraceMap::read(std::uint32_t id, Bytes& value) const {
    const std::uint32_t bytes = bucket(id).bytes;
    if (bytes == 0) return -ENOENT;
    std::fill(std::copy_n(trace(id), bytes, value.begin()), value.end(), std::byte{0});
    return 0;
}

long StackTraceMap::copy_in(const void*, std::span<const Bytes>, std::uint64_t) { return -EINVAL; }

// At once: else the trace that goes could be another than the one that was read.
long StackTraceMap::take_out(const void* key, std::span<Bytes> values) {
    const std::uint32_t id = number_at(key);
    if (id >= count_) return -ENOENT;
    const std::lock_guard guard(lock_);
    const long error = read(id, values.front());
    return error != 0 ? error : remove(id);
}

}  // namespace bpftwin
