#include "vm/packet.h"

#include <sys/mman.h>

#include <algorithm>
#include <cerrno>
#include <cstring>

#include "vm/test_run.h"

#ifndef MAP_FIXED_NOREPLACE
#define MAP_FIXED_NOREPLACE 0x100000
#endif

namespace bpftwin {
namespace {

constexpr std::uint64_t page = 65536;  // The largest page size of the supported machines.
constexpr std::uint64_t mapping_size =
    (Packet::skb_room + Packet::head_room + Packet::max_size + Packet::tail_room + page - 1) /
    page * page;
// Above a non-PIE program and its heap; up to the end of what 32 bits reach.
constexpr std::uint64_t lowest = 0x1000'0000;
constexpr std::uint64_t limit = std::uint64_t{1} << 32;

std::byte* pointer(std::uint64_t address) { return reinterpret_cast<std::byte*>(address); }

/// Maps at `hint`, or wherever below the limit the system prefers.
/// @return 0 if it has nothing there.
std::uint64_t map_near(std::uint64_t hint) {
    void* found = mmap(pointer(hint), mapping_size, PROT_READ | PROT_WRITE,
                       MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED_NOREPLACE, -1, 0);
    if (found == MAP_FAILED) return 0;
    // A kernel or emulator without NOREPLACE takes the address as a mere hint.
    const auto address = reinterpret_cast<std::uint64_t>(found);
    if (address + mapping_size <= limit) return address;
    munmap(found, mapping_size);
    return 0;
}

}  // namespace

Result<std::unique_ptr<Packet>> Packet::create() {
    for (std::uint64_t hint = lowest; hint + mapping_size <= limit; hint += mapping_size)
        if (const std::uint64_t begin = map_near(hint))
            return std::unique_ptr<Packet>(
                new Packet(static_cast<std::uint32_t>(begin) + skb_room));
    return fail("packet buffer: no free memory below 4 GiB; use fewer instances at once", ENOMEM);
}

Packet::~Packet() { munmap(pointer(skb_begin()), mapping_size); }

void Packet::reset(ByteView bytes) {
    if (bytes.size() > max_size) bug("packet longer than Packet::max_size");
    std::memset(pointer(begin_), 0, head_room);
    link_header_ = meta_ = data_ = begin_ + head_room;
    std::ranges::copy(bytes, pointer(data_));
    data_end_ = data_ + static_cast<std::uint32_t>(bytes.size());
    frame_end_ = std::max(data_end_, begin_ + frame_size);
    network_header_ = link_header_ + ethernet_header_size;
    skb_ = {};
}

ByteView Packet::bytes() const { return {pointer(data_), size()}; }

std::uint32_t Packet::buffer_end() const { return begin_ + head_room + max_size + tail_room; }

void Packet::move(std::uint32_t meta, std::uint32_t data, std::uint32_t data_end) {
    if (meta < skb_begin() || data < meta || data_end < data || data_end > buffer_end())
        bug("packet bounds outside the buffer");
    meta_ = meta;
    data_ = data;
    data_end_ = data_end;
}

}  // namespace bpftwin
