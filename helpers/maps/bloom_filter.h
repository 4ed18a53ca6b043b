// bloom_filter: a set that never forgets a value, and may claim one that it has not
// (kernel/bpf/bloom_filter.c).
#pragma once

#include <cstdint>
#include <memory>

#include "helpers/map.h"
#include "helpers/maps/slab.h"

namespace bpftwin {

/// The kernel's bits at the kernel's places: with BPF_F_ZERO_SEED the same values are wrongly
/// claimed. Without the flag the kernel takes a random seed, here it is 0 all the same.
class BloomFilter final : public Map {
public:
    static Result<std::unique_ptr<Map>> create(const MapSpec& spec, std::uint32_t cpu_count);

    /// @return 0, or -EINVAL for flags.
    long push_elem(const void* value, std::uint64_t flags) override;
    /// @return 0 if the value may have been pushed, -ENOENT if it was not.
    long peek_elem(void* value) override;
    long pop_elem(void* value) override;

    long update_elem(const void* key, const void* value, std::uint64_t flags,
                     std::uint32_t cpu) override;
    long delete_elem(const void* key) override;
    long next_key(const void* key, void* next) override;

protected:
    /// The `key` that user space looks up is the value.
    [[nodiscard]] std::uint32_t lookup_size() const override { return spec().value_size; }
    long copy_out(const void* key, std::span<Bytes> values) override;
    long copy_in(const void* key, std::span<const Bytes> values, std::uint64_t flags) override;

private:
    BloomFilter(const MapSpec& spec, std::uint32_t cpu_count, std::uint32_t mask, Slab bits);

    /// The bit of `value` by hash function `function`.
    [[nodiscard]] std::uint32_t bit_of(const void* value, std::uint32_t function) const;
    [[nodiscard]] std::uint64_t& word_of(std::uint32_t bit) const {
        return bits_.as<std::uint64_t>()[bit / 64];
    }

    std::uint32_t functions_;
    std::uint32_t mask_;
    Slab bits_;
};

}  // namespace bpftwin
