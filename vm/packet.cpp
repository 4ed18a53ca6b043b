#include "vm/packet.h"

#include <sys/mman.h>

#include <algorithm>
#include <cerrno>
#include <cstring>

#include "vm/low_memory.h"
#include "vm/test_run.h"

namespace bpftwin {
namespace {

constexpr std::uint64_t page = 65536;  // The largest page size of the supported machines.
constexpr std::uint64_t mapping_size =
    (Packet::skb_room + Packet::head_room + Packet::max_size + Packet::tail_room + page - 1) /
    page * page;

std::byte* pointer(std::uint64_t address) { return reinterpret_cast<std::byte*>(address); }

}  // namespace

Result<std::unique_ptr<Packet>> Packet::create() {
    if (const std::uint64_t begin = map_low(mapping_size, PROT_READ | PROT_WRITE))
        return std::unique_ptr<Packet>(new Packet(static_cast<std::uint32_t>(begin) + skb_room));
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
