#include "kernel-backend/ring_buffer.h"

#include <linux/bpf.h>

#include "kernel-backend/mapping.h"

namespace bpftwin::kernel {
namespace {

constexpr std::uint64_t space_of(std::uint32_t length) {
    return (std::uint64_t{length} + BPF_RINGBUF_HDR_SZ + 7) / 8 * 8;
}

}  // namespace

// One page with the consumer's position, which is ours to write; one with the producer's, and the
// data, twice in a row so that no record is broken.
Result<std::vector<Bytes>> take_records(int map, std::uint32_t size) {
    const std::size_t page = page_size();
    auto consumer = Mapping::create(map, page, PROT_READ | PROT_WRITE, 0);
    if (!consumer) return std::unexpected(consumer.error());
    auto producer = Mapping::create(map, page + 2 * std::size_t{size}, PROT_READ, page);
    if (!producer) return std::unexpected(producer.error());

    std::vector<Bytes> records;
    auto position = consumer->load<std::uint64_t>(0);
    while (position < producer->load<std::uint64_t>(0)) {
        const std::size_t at = page + position % size;
        const auto header = producer->load<std::uint32_t>(at);
        if ((header & BPF_RINGBUF_BUSY_BIT) != 0) break;
        const std::uint32_t length = header & ~(BPF_RINGBUF_BUSY_BIT | BPF_RINGBUF_DISCARD_BIT);
        const std::byte* data = producer->begin() + at + BPF_RINGBUF_HDR_SZ;
        if ((header & BPF_RINGBUF_DISCARD_BIT) == 0) records.emplace_back(data, data + length);
        position += space_of(length);
        consumer->store(0, position);
    }
    return records;
}

}  // namespace bpftwin::kernel
