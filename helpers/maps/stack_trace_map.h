// stack_trace: stack traces, by a number made of their frames (kernel/bpf/stackmap.c).
#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <vector>

#include "helpers/map.h"
#include "helpers/maps/atomic_word.h"
#include "helpers/maps/slab.h"

namespace bpftwin {

/// Flags of bpf_get_stackid.
namespace stack_flag {
inline constexpr std::uint64_t skip = 0xff;  ///< BPF_F_SKIP_FIELD_MASK: frames left out.
inline constexpr std::uint64_t user = 1U << 8;
inline constexpr std::uint64_t fast_compare = 1U << 9;  ///< Equal hashes are equal traces.
inline constexpr std::uint64_t reuse = 1U << 10;        ///< Another trace's number is taken.
}  // namespace stack_flag

/// Traces at numbers 0 to the next power of two of `max_entries`. With BPF_F_STACK_BUILD_ID each
/// frame is a `struct bpf_stack_build_id` that has the address alone.
class StackTraceMap final : public Map {
public:
    static Result<std::unique_ptr<Map>> create(const MapSpec& spec, std::uint32_t cpu_count);

    /// Stores a trace (bpf_get_stackid).
    /// @param frames addresses, the innermost first; those that do not fit are cut off.
    /// @return its number; -EINVAL for flags that there are not, -EFAULT when all frames are
    /// skipped, -EEXIST where another trace has its number, -ENOMEM when all are used.
    long put(std::span<const std::uint64_t> frames, std::uint64_t flags);
    /// Frames that `put` makes use of with these flags.
    [[nodiscard]] std::uint32_t depth(std::uint64_t flags) const;

    long update_elem(const void* key, const void* value, std::uint64_t flags,
                     std::uint32_t cpu) override;
    long delete_elem(const void* key) override;
    long next_key(const void* key, void* next) override;

protected:
    long copy_out(const void* key, std::span<Bytes> values) override;
    long copy_in(const void* key, std::span<const Bytes> values, std::uint64_t flags) override;
    long take_out(const void* key, std::span<Bytes> values) override;

private:
    struct Bucket {
        std::uint32_t hash;
        std::uint32_t bytes;  // 0: nothing there.
    };

    StackTraceMap(const MapSpec& spec, std::uint32_t cpu_count, Slab buckets, Slab traces);

    /// The bytes of a trace as the map's values have them.
    [[nodiscard]] Bytes stored_form(std::span<const std::uint64_t> frames) const;
    [[nodiscard]] Bucket& bucket(std::uint64_t id) const { return buckets_.as<Bucket>()[id]; }
    [[nodiscard]] std::byte* trace(std::uint64_t id) const {
        return traces_.begin() + id * spec().value_size;
    }
    [[nodiscard]] bool holds(std::uint32_t id, const Bytes& bytes) const;
    // With the lock held, of numbers in range.
    long read(std::uint32_t id, Bytes& value) const;
    long remove(std::uint32_t id);

    SpinLock lock_;
    std::uint64_t count_;
    std::uint32_t used_ = 0;
    std::uint32_t frame_size_;
    Slab buckets_;
    Slab traces_;
};

}  // namespace bpftwin
