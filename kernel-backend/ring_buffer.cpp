#include "kernel-backend/ring_buffer.h"

#include <linux/bpf.h>

#include <algorithm>
#include <cerrno>

#include "kernel-backend/mapping.h"

namespace bpftwin::kernel {
namespace {

constexpr std::uint64_t space_of(std::uint64_t length) {
    return (length + BPF_RINGBUF_HDR_SZ + 7) / 8 * 8;
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

// The same pages, of which the consumer's is the kernel's to write, and the other ones ours.
Result<void> put_record(int map, std::uint32_t size, ByteView record) {
    const std::uint64_t space = space_of(record.size());
    if (space > size) return fail("the record is larger than the ring", E2BIG);
    const std::size_t page = page_size();
    auto consumer = Mapping::create(map, page, PROT_READ, 0);
    if (!consumer) return std::unexpected(consumer.error());
    auto producer =
        Mapping::create(map, page + 2 * std::size_t{size}, PROT_READ | PROT_WRITE, page);
    if (!producer) return std::unexpected(producer.error());
    const auto position = producer->load<std::uint64_t>(0);
    if (space > size - (position - consumer->load<std::uint64_t>(0)))
        return fail("there is no room until a program reads", ENOSPC);
    const std::size_t at = page + position % size;
    std::ranges::copy(record, producer->begin() + at + BPF_RINGBUF_HDR_SZ);
    producer->store<std::uint64_t>(at, record.size());  // And no page number behind it.
    producer->store(0, position + space);
    return {};
}

}  // namespace bpftwin::kernel
