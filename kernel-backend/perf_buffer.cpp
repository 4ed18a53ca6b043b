#include "kernel-backend/perf_buffer.h"

#include <linux/perf_event.h>
#include <sys/ioctl.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <cstddef>

#include "kernel-backend/attribute.h"

namespace bpftwin::kernel {
namespace {

// Large enough for what one run writes; a power of two.
constexpr std::size_t data_pages = 64;

/// Opens the event that programs write to on that CPU; a negative number where it is off line.
int open_event(std::uint32_t cpu) {
    perf_event_attr attr{};
    attr.size = sizeof attr;
    attr.type = PERF_TYPE_SOFTWARE;
    attr.config = PERF_COUNT_SW_BPF_OUTPUT;
    attr.sample_type = PERF_SAMPLE_RAW;
    attr.sample_period = 1;
    attr.wakeup_events = 1;
    return static_cast<int>(
        syscall(SYS_perf_event_open, &attr, -1, static_cast<int>(cpu), -1, PERF_FLAG_FD_CLOEXEC));
}

Result<void> put_into(Kernel& kernel, int map, std::uint32_t cpu, int event) {
    Attribute update;
    update->map_fd = static_cast<std::uint32_t>(map);
    update.input(update->key, std::as_bytes(std::span(&cpu, 1)));
    update.input(update->value, std::as_bytes(std::span(&event, 1)));
    auto done = update.call(kernel, BPF_MAP_UPDATE_ELEM);
    if (!done) return std::unexpected(done.error());
    return {};
}

/// Bytes of a ring from a position that only grows.
Bytes bytes_at(const Mapping& memory, std::uint64_t position, std::size_t size) {
    const std::size_t ring = data_pages * page_size();
    Bytes bytes(size);
    for (std::size_t i = 0; i < size; ++i)
        bytes[i] = memory.begin()[page_size() + (position + i) % ring];
    return bytes;
}

}  // namespace

Result<PerfBuffers::Ring> PerfBuffers::open_ring(Kernel& kernel, int map, std::uint32_t cpu) {
    Descriptor event(kernel, open_event(cpu));
    if (!event) return fail(std::string("perf_event_open: ") + std::strerror(errno), errno);
    auto memory =
        Mapping::create(event.number(), (1 + data_pages) * page_size(), PROT_READ | PROT_WRITE, 0);
    if (!memory) return std::unexpected(memory.error());
    if (ioctl(event.number(), PERF_EVENT_IOC_ENABLE, 0) != 0)
        return fail(std::string("perf event: ") + std::strerror(errno), errno);
    if (auto done = put_into(kernel, map, cpu, event.number()); !done)
        return std::unexpected(done.error());
    return Ring{cpu, std::move(event), std::move(*memory)};
}

Result<PerfBuffers> PerfBuffers::open(Kernel& kernel, int map) {
    PerfBuffers buffers;
    for (std::uint32_t cpu = 0; cpu < kernel.cpu_count(); ++cpu) {
        auto ring = open_ring(kernel, map, cpu);
        if (ring)
            buffers.rings_.push_back(std::move(*ring));
        else if (ring.error().code == E2BIG)  // The map has fewer slots than there are CPUs.
            break;
        else if (ring.error().code != ENODEV)  // Off line.
            return std::unexpected(ring.error());
    }
    return buffers;
}

std::vector<Kernel::PerfRecord> PerfBuffers::take() {
    std::vector<Kernel::PerfRecord> records;
    for (const Ring& ring : rings_) {
        constexpr std::size_t head_at = offsetof(perf_event_mmap_page, data_head);
        constexpr std::size_t tail_at = offsetof(perf_event_mmap_page, data_tail);
        auto position = ring.memory.load<std::uint64_t>(tail_at);
        while (position < ring.memory.load<std::uint64_t>(head_at)) {
            const Bytes record = bytes_at(ring.memory, position, sizeof(perf_event_header));
            perf_event_header header;
            std::memcpy(&header, record.data(), sizeof header);
            if (header.type == PERF_RECORD_SAMPLE) {
                const Bytes sample =
                    bytes_at(ring.memory, position + sizeof header, header.size - sizeof header);
                std::uint32_t size;
                std::memcpy(&size, sample.data(), sizeof size);
                const auto data = sample.begin() + sizeof size;
                records.push_back({ring.cpu, Bytes(data, data + size)});
            }
            position += header.size;
            ring.memory.store(tail_at, position);
        }
    }
    return records;
}

}  // namespace bpftwin::kernel
