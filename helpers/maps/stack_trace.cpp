#include "helpers/maps/stack_trace.h"

#include <algorithm>
#include <bit>
#include <cerrno>
#include <cstring>

#include "helpers/maps/attributes.h"

namespace bpftwin {
namespace {

std::uint32_t word_of(const void* from) {
    std::uint32_t word = 0;
    std::memcpy(&word, from, sizeof word);
    return word;
}

/// The words of Bob Jenkins's lookup3 (2006, public domain): mixed three at a time.
struct Mixer {
    std::uint32_t a, b, c;

    void mix() {
        step(a, c, 4), c += b;
        step(b, a, 6), a += c;
        step(c, b, 8), b += a;
        step(a, c, 16), c += b;
        step(b, a, 19), a += c;
        step(c, b, 4), b += a;
    }
    void finish() {
        last(c, b, 14), last(a, c, 11), last(b, a, 25), last(c, b, 16);
        last(a, c, 4), last(b, a, 14), last(c, b, 24);
    }

private:
    static void step(std::uint32_t& x, std::uint32_t y, int by) { x = (x - y) ^ std::rotl(y, by); }
    static void last(std::uint32_t& x, std::uint32_t y, int by) { x = (x ^ y) - std::rotl(y, by); }
};

/// jhash2 of include/linux/jhash.h with initval 0.
std::uint32_t hash_of(std::span<const std::uint64_t> addresses) {
    std::vector<std::uint32_t> words(addresses.size() * 2);
    std::memcpy(words.data(), addresses.data(), addresses.size_bytes());
    const auto start = 0xdeadbeef + (static_cast<std::uint32_t>(words.size()) << 2);
    Mixer mixer{start, start, start};
    std::span<const std::uint32_t> rest(words);
    while (rest.size() > 3) {
        mixer.a += rest[0];
        mixer.b += rest[1];
        mixer.c += rest[2];
        mixer.mix();
        rest = rest.subspan(3);
    }
    if (rest.empty()) return mixer.c;
    if (rest.size() > 2) mixer.c += rest[2];
    if (rest.size() > 1) mixer.b += rest[1];
    mixer.a += rest[0];
    mixer.finish();
    return mixer.c;
}

}  // namespace

StackTrace::StackTrace(const MapSpec& spec, std::uint32_t cpu_count)
    : Map(spec, cpu_count, {}), buckets_(std::bit_ceil(spec.max_entries)) {}

Result<std::unique_ptr<Map>> StackTrace::create(const MapSpec& spec, std::uint32_t cpu_count) {
    constexpr std::uint32_t most = 1 << 24;  // A bucket takes 32 bytes here before it holds any.
    if (spec.max_entries > most) return fail("more stacks than fit into memory", ENOMEM);
    return std::unique_ptr<Map>(new StackTrace(spec, cpu_count));
}

long StackTrace::put(std::span<const std::uint64_t> addresses, bool compare_hash_only,
                     bool replace) {
    addresses = addresses.first(std::min<std::size_t>(addresses.size(), depth()));
    const std::uint32_t hash = hash_of(addresses);
    const auto id = hash & static_cast<std::uint32_t>(buckets_.size() - 1);
    const std::lock_guard guard(mutex_);
    Bucket& bucket = buckets_[id];
    const bool exists = !bucket.addresses.empty(), same_hash = exists && bucket.hash == hash;
    if (same_hash && (compare_hash_only || std::ranges::equal(bucket.addresses, addresses)))
        return id;
    if (exists && !replace) return -EEXIST;
    // The kernel takes a new element before it gives back the old one.
    if (used_ >= spec().max_entries) return -ENOMEM;
    if (!exists) ++used_;
    bucket = {hash, {addresses.begin(), addresses.end()}};
    return id;
}

long StackTrace::update_elem(const void*, const void*, std::uint64_t, std::uint32_t) {
    return -EINVAL;
}

long StackTrace::delete_elem(const void* key) {
    const std::uint32_t id = word_of(key);
    if (id >= buckets_.size()) return -E2BIG;
    const std::lock_guard guard(mutex_);
    if (buckets_[id].addresses.empty()) return -ENOENT;
    buckets_[id] = {};
    --used_;
    return 0;
}

long StackTrace::next_key(const void* key, void* next) {
    const std::lock_guard guard(mutex_);
    std::uint32_t id = key ? word_of(key) : 0;
    if (key && id < buckets_.size()) ++id;
    if (id >= buckets_.size()) id = key ? static_cast<std::uint32_t>(buckets_.size()) : 0;
    while (id < buckets_.size() && buckets_[id].addresses.empty()) ++id;
    if (id >= buckets_.size()) return -ENOENT;
    std::memcpy(next, &id, sizeof id);
    return 0;
}

long StackTrace::copy_out(const void* key, std::span<Bytes> values) {
    const std::uint32_t id = word_of(key);
    const std::lock_guard guard(mutex_);
    if (id >= buckets_.size() || buckets_[id].addresses.empty()) return -ENOENT;
    const std::span addresses(buckets_[id].addresses);
    std::ranges::fill(values.front(), std::byte{0});
    std::memcpy(values.front().data(), addresses.data(), addresses.size_bytes());
    return 0;
}

long StackTrace::copy_in(const void*, std::span<const Bytes>, std::uint64_t) { return -EINVAL; }

}  // namespace bpftwin
