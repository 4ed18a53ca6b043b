#include "helpers/maps/bloom_filter.h"

#include <algorithm>
#include <bit>
#include <cerrno>
#include <cstring>
#include <limits>

#include "helpers/maps/atomic_word.h"
#include "helpers/maps/jenkins_hash.h"

namespace bpftwin {
namespace {

constexpr std::uint32_t default_functions = 5;

std::uint32_t functions_of(const MapSpec& spec) {
    return spec.map_extra == 0 ? default_functions : static_cast<std::uint32_t>(spec.map_extra);
}

/// The number of bits less 1: entries * functions / ln 2, by 7 / 5, rounded up to a power of two.
std::uint32_t mask_of(const MapSpec& spec) {
    constexpr std::uint64_t most = std::uint64_t{1} << 31;
    constexpr std::uint32_t everything = std::numeric_limits<std::uint32_t>::max();
    const std::uint64_t choices = std::uint64_t{spec.max_entries} * functions_of(spec);
    if (choices > everything) return everything;
    const std::uint64_t bits = choices / 5 * 7;
    if (bits > most) return everything;
    return static_cast<std::uint32_t>(std::bit_ceil(std::max<std::uint64_t>(bits, 64)) - 1);
}

}  // namespace

Result<std::unique_ptr<Map>> BloomFilter::create(const MapSpec& spec, std::uint32_t cpu_count) {
    const std::uint32_t mask = mask_of(spec);
    auto bits = Slab::create(mask / 64 + 1UL, sizeof(std::uint64_t));
    if (!bits) return std::unexpected(bits.error());
    return std::unique_ptr<Map>(new BloomFilter(spec, cpu_count, mask, std::move(*bits)));
}

BloomFilter::BloomFilter(const MapSpec& spec, std::uint32_t cpu_count, std::uint32_t mask,
                         Slab bits)
    : Map(spec, cpu_count, {}),
      functions_(functions_of(spec)),
      mask_(mask),
      bits_(std::move(bits)) {}

std::uint32_t BloomFilter::bit_of(const void* value, std::uint32_t function) const {
    return jenkins_hash(value, spec().value_size, function) & mask_;
}

long BloomFilter::push_elem(const void* value, std::uint64_t flags) {
    if (flags != update_flag::any) return -EINVAL;
    for (std::uint32_t i = 0; i < functions_; ++i) {
        const std::uint32_t bit = bit_of(value, i);
        __atomic_fetch_or(&word_of(bit), std::uint64_t{1} << bit % 64, __ATOMIC_RELAXED);
    }
    return 0;
}

long BloomFilter::peek_elem(void* value) {
    for (std::uint32_t i = 0; i < functions_; ++i) {
        const std::uint32_t bit = bit_of(value, i);
        if ((load_relaxed(word_of(bit)) >> bit % 64 & 1U) == 0) return -ENOENT;
    }
    return 0;
}

long BloomFilter::pop_elem(void*) { return -EOPNOTSUPP; }

long BloomFilter::update_elem(const void*, const void*, std::uint64_t, std::uint32_t) {
    return -EINVAL;
}

long BloomFilter::delete_elem(const void*) { return -EOPNOTSUPP; }

long BloomFilter::next_key(const void*, void*) { return -EOPNOTSUPP; }

long BloomFilter::copy_out(const void* key, std::span<Bytes> values) {
    std::memcpy(values.front().data(), key, values.front().size());
    return peek_elem(values.front().data());
}

long BloomFilter::copy_in(const void*, std::span<const Bytes> values, std::uint64_t flags) {
    return push_elem(values.front().data(), flags);
}

}  // namespace bpftwin
