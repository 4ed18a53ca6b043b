// What running programs share: stack, packet loads, and where they were stopped.
#include "vm/machine.h"

#include <algorithm>
#include <utility>

#include "fmt/format.h"
#include "helpers/implementation.h"
#include "vm/context.h"
#include "vm/sockets.h"

namespace bpftwin {
namespace {

/// Leaves room to count by displacements in 64 signed bits.
constexpr std::uint64_t max_budget = std::uint64_t{1} << 62;

}  // namespace

Machine::Machine(const ProgramSpec& entry, const Memory& shared, const RunInput& input,
                 Packet* packet, Context* context)
    : Runtime(entry, &shared, input.world, packet, context),
      budget_(static_cast<std::int64_t>(std::min(input.budget, max_budget))) {
    stack_.fill(std::byte{0});
    memory().add({.begin = stack_begin() + stack_gap,
                  .size = stack_bytes - stack_gap,
                  .stride = stack_stride,
                  .element = stack_size,
                  .name = "stack"});
}

std::uint64_t Machine::end_with(std::uint64_t result) {
    const auto cookie = catch_exception();
    if (!cookie) return result;
    const ProgramSpec& thrower = *std::exchange(stop_program_, nullptr);
    on_catch();
    if (!thrower.exception_callback) return *cookie;
    return call(function(thrower, *thrower.exception_callback), *cookie, 0, 0, 0, 0);
}

void Machine::finish(bool strict) {
    const char* kept = nullptr;
    if (context().sockets() && context().sockets()->drop_references() != 0)
        kept = "a socket was looked up, but not released";
    if (discard_reservations(*this) != 0)
        kept = "a ring buffer record was reserved, but neither submitted nor discarded";
    if (!kept || !strict) return;
    stop({TrapKind::helper, kept, 0, 0, false});
    note_place(program(), 0);
}

void Machine::note_place(const ProgramSpec& program, std::uint32_t pc) {
    if (stop_program_) return;
    stop_program_ = &program;
    stop_pc_ = pc;
}

std::optional<Region> Machine::region_near(std::uint64_t address) {
    std::uint64_t offset = address - stack_begin();
    if (offset < stack_bytes) {
        // Just above a frame's end is that frame's overrun, just below its start too.
        auto frame = static_cast<unsigned>(offset / stack_stride);
        if (frame > 0 && offset % stack_stride < stack_gap / 2) --frame;
        return Region{.begin = stack_end(frame) - stack_size,
                      .size = stack_size,
                      .name = fmt::format("stack of frame {}", frame)};
    }
    const Region* region = memory().nearest(address);
    return region ? std::optional(*region) : std::nullopt;
}

namespace {

// Bases of negative offsets (SKF_NET_OFF and SKF_LL_OFF of <linux/filter.h>).
constexpr std::int32_t network_offset = -0x100000;
constexpr std::int32_t link_offset = -0x200000;

/// Address that a legacy load means, before any check.
std::optional<std::uint64_t> legacy_address(const Packet& packet, std::int32_t offset) {
    if (offset >= 0) return packet.data() + static_cast<std::uint64_t>(offset);
    if (offset >= network_offset)
        return std::uint64_t{packet.network_header()} +
               static_cast<std::uint64_t>(offset - network_offset);
    if (offset >= link_offset)
        return std::uint64_t{packet.link_header()} +
               static_cast<std::uint64_t>(offset - link_offset);
    return std::nullopt;
}

}  // namespace

bool Machine::load_packet(std::int32_t offset, unsigned bytes, std::uint64_t& value) {
    if (!packet()) return false;
    auto address = legacy_address(*packet(), offset);
    if (!address || *address + bytes > packet()->data_end()) return false;
    value = 0;
    for (unsigned i = 0; i < bytes; ++i)
        value = value << 8 | *reinterpret_cast<const std::uint8_t*>(*address + i);
    return true;
}

}  // namespace bpftwin
