// queue and stack: values without keys, in the order in which they came
// (kernel/bpf/queue_stack_maps.c).
#pragma once

#include <cstdint>
#include <memory>

#include "helpers/map.h"
#include "helpers/maps/atomic_word.h"
#include "helpers/maps/slab.h"

namespace bpftwin {

/// A ring of values with one place more than entries. User space's lookup is `peek_elem`, its
/// update `push_elem`, its lookup-and-delete `pop_elem`; there is nothing else to do with it.
class QueueMap final : public Map {
public:
    static Result<std::unique_ptr<Map>> create(const MapSpec& spec, std::uint32_t cpu_count);

    /// @param flags BPF_ANY, or BPF_EXIST: a full map gives up its oldest value.
    /// @return 0, -EINVAL for other flags, -E2BIG for a full map.
    long push_elem(const void* value, std::uint64_t flags) override;
    /// @return 0, or -ENOENT for an empty map, with zeros in `value`.
    long pop_elem(void* value) override { return read_next(value, true); }
    long peek_elem(void* value) override { return read_next(value, false); }

    long update_elem(const void* key, const void* value, std::uint64_t flags,
                     std::uint32_t cpu) override;
    long delete_elem(const void* key) override;
    long next_key(const void* key, void* next) override;

protected:
    long copy_out(const void* key, std::span<Bytes> values) override;
    long copy_in(const void* key, std::span<const Bytes> values, std::uint64_t flags) override;
    long take_out(const void* key, std::span<Bytes> values) override;

private:
    QueueMap(const MapSpec& spec, std::uint32_t cpu_count, Slab values)
        : Map(spec, cpu_count, {}),
          places_(std::uint64_t{spec.max_entries} + 1),
          last_first_(spec.type == MapType::stack),
          values_(std::move(values)) {}

    long read_next(void* value, bool remove);
    [[nodiscard]] std::uint64_t after(std::uint64_t place) const {
        return place + 1 == places_ ? 0 : place + 1;
    }
    [[nodiscard]] std::uint64_t before(std::uint64_t place) const {
        return (place == 0 ? places_ : place) - 1;
    }
    [[nodiscard]] std::byte* value_at(std::uint64_t place) const {
        return values_.begin() + place * spec().value_size;
    }

    std::uint64_t places_;
    bool last_first_;
    SpinLock lock_;
    std::uint64_t head_ = 0;  // Where the next value goes.
    std::uint64_t tail_ = 0;  // The oldest value, if it is not `head_`.
    Slab values_;
};

}  // namespace bpftwin
