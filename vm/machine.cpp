// Frames, calls into helpers and out of them.
#include "vm/machine.h"

#include <algorithm>
#include <cstring>

#include "fmt/format.h"
#include "helpers/implementation.h"
#include "helpers/map.h"
#include "helpers/maps/prog_array.h"
#include "helpers/prototype.h"
#include "vm/arguments.h"
#include "vm/context.h"
#include "vm/interpreter.h"
#include "vm/test_run.h"

namespace bpftwin {
namespace {

/// Leaves room to count by displacements in 64 signed bits.
constexpr std::uint64_t max_budget = std::uint64_t{1} << 62;

}  // namespace

Machine::Machine(Mode mode, const ProgramSet& programs, const Image& entry, const RunInput& input,
                 Packet* packet, Context* context)
    : Runtime(entry.program(), programs.memory, input.world, packet, context),
      mode_(mode),
      programs_(&programs),
      entry_(&entry),
      budget_(std::min(input.budget, max_budget)) {
    stack_.fill(std::byte{0});
    memory().add({.begin = stack_begin() + stack_gap,
                  .size = sizeof(stack_) - stack_gap,
                  .stride = stack_stride,
                  .element = stack_size,
                  .name = "stack"});
}

std::uint64_t Machine::execute(const Code* entry, std::uint64_t* registers) {
    return mode_ == Mode::fast ? interpret<Mode::fast>(*this, entry, registers)
                               : interpret<Mode::checked>(*this, entry, registers);
}

std::uint64_t Machine::run(std::uint64_t r1, std::uint64_t r2) {
    std::array<std::uint64_t, register_count> registers{};
    fuel = static_cast<std::int64_t>(budget_);
    tail_calls_ = 0;
    registers[1] = r1;
    registers[2] = r2;
    registers[10] = push(*entry_, nullptr, registers.data());
    auto result = execute(entry_->code(), registers.data());
    pop();
    if (discard_reservations(*this) != 0 && mode_ == Mode::checked) {
        stop({TrapKind::helper,
              "a ring buffer record was reserved, but neither submitted nor discarded", 0, 0,
              false});
        note_place(*entry_, entry_->code());
    }
    return result;
}

std::uint64_t Machine::call(std::uint64_t function, std::uint64_t r1, std::uint64_t r2,
                            std::uint64_t r3, std::uint64_t r4, std::uint64_t r5) {
    const Image* image = image_of(function);
    if (!image) {
        stop({TrapKind::bad_argument, "callback is not a function of the program", function, 0,
              false});
        return 0;
    }
    std::array<std::uint64_t, register_count> registers{0, r1, r2, r3, r4, r5};
    registers[10] = push(*image, nullptr, registers.data());
    if (stopped()) return 0;
    auto result = execute(reinterpret_cast<const Code*>(function), registers.data());
    pop();
    return result;
}

std::uint64_t Machine::push(const Image& image, const Code* return_to,
                            const std::uint64_t* registers) {
    if (open_ == max_frames) {
        stop({TrapKind::call_depth, fmt::format("more than {} frames", max_frames), 0, 0, false});
        return 0;
    }
    Frame& frame = frames_[open_++];
    frame.image = &image;
    frame.return_to = return_to;
    std::memcpy(frame.saved.data(), registers + 6, sizeof(frame.saved));
    frame.may_goto_left = max_may_goto;
    return frame_pointer();
}

std::uint64_t Machine::call_helper(std::uint32_t id, const std::uint64_t* r) {
    if (mode_ == Mode::checked &&
        !check_arguments(*this, *helper_by_id(id), std::span<const std::uint64_t, 5>(r + 1, 5)))
        return 0;
    return helper_function(id)(*this, r[1], r[2], r[3], r[4], r[5]);
}

std::uint64_t Machine::call_helper_by_register(std::uint64_t value, const std::uint64_t* r) {
    auto id = static_cast<std::uint32_t>(value);
    if (value == id && helper_by_id(id) && helper_function(id)) return call_helper(id, r);
    stop({TrapKind::bad_call,
          fmt::format("callx: {:#x} is neither a function of the program nor a helper", value),
          value, 0, false});
    return 0;
}

const Image* Machine::tail_call(const std::uint64_t* r) {
    if (mode_ == Mode::checked && !check_arguments(*this, *helper_named("tail_call"),
                                                   std::span<const std::uint64_t, 5>(r + 1, 5)))
        return nullptr;
    auto* map = reinterpret_cast<Map*>(r[2]);
    if (map->spec().type != MapType::prog_array) {
        stop({TrapKind::bad_argument,
              fmt::format("tail_call into map {}, which is no prog_array", map->spec().name), r[2],
              0, false});
        return nullptr;
    }
    auto program = static_cast<ProgArray*>(map)->program(static_cast<std::uint32_t>(r[3]));
    if (!program || tail_calls_ >= max_tail_calls) return nullptr;
    const Image* image =
        *program < programs_->images.size() ? programs_->images[*program] : nullptr;
    if (!image) return nullptr;
    ++tail_calls_;
    frame().may_goto_left = max_may_goto;
    return image;
}

const Image* Machine::image_of(std::uint64_t function) const {
    for (const Image* image : programs_->images)
        if (image && image->is_function(function)) return image;
    return nullptr;
}

bool Machine::knows_map(std::uint64_t address) const {
    return std::ranges::binary_search(programs_->maps, reinterpret_cast<Map*>(address));
}

void Machine::note_place(const Image& image, const Code* pc) {
    if (stop_image_) return;
    stop_image_ = &image;
    stop_pc_ = static_cast<std::uint32_t>(pc - image.code());
}

std::optional<Region> Machine::region_near(std::uint64_t address) {
    std::uint64_t offset = address - stack_begin();
    if (offset < sizeof(stack_)) {
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
        return std::uint64_t{packet.link_header()} + ethernet_header_size +
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
