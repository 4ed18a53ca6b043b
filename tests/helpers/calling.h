// A program for helpers to be called from: no instructions, but a context, a packet, memory.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string_view>
#include <type_traits>
#include <vector>

#include "helpers/implementation.h"
#include "helpers/prototype.h"
#include "vm/context.h"
#include "vm/runtime.h"

namespace bpftwin {

/// A program of any type, as a helper sees it.
class CallingProgram : public Runtime {
public:
    /// What the program's function pointers lead to, whichever it is.
    std::function<std::uint64_t(std::uint64_t r1, std::uint64_t r2, std::uint64_t r3,
                                std::uint64_t r4)>
        callback;

    CallingProgram(const ProgramSpec& program, const World& world, Packet* packet, Context* context)
        : Runtime(program, nullptr, world, packet, context) {}

    std::uint64_t call(std::uint64_t, std::uint64_t r1, std::uint64_t r2, std::uint64_t r3,
                       std::uint64_t r4, std::uint64_t) override {
        return callback(r1, r2, r3, r4);
    }
};

/// One run of a program of a type with a packet. Checks by itself that every step succeeds.
class Caller {
public:
    explicit Caller(ProgType type = ProgType::syscall, const Bytes& packet_bytes = {},
                    const World& world = World::fixed()) {
        spec_.type = type;
        RunInput input;
        input.world = world;
        if (!packet_bytes.empty()) input.packet = packet_bytes;
        if (context_layout(type).has_packet) packet_ = Packet::create().value();
        context_.emplace(Context::create(type, input, packet_.get()).value());
        program_.emplace(spec_, world, packet_.get(), &*context_);
        context_->attach(program_->memory());
    }

    /// Calls a helper as an engine does, with integers and pointers for r1 and following.
    template <class... Args>
    std::int64_t operator()(std::string_view helper, Args... args) {
        const Helper* row = helper_named(helper);
        if (!row || !helper_function(row->id)) bug("no such helper runs here");
        std::uint64_t registers[5] = {to_register(args)...};
        return static_cast<std::int64_t>(helper_function(row->id)(
            *program_, registers[0], registers[1], registers[2], registers[3], registers[4]));
    }

    /// Lets `probe_read` helpers see these bytes.
    void show(const void* begin, std::uint64_t size) {
        program_->memory().add({.begin = reinterpret_cast<std::uint64_t>(begin),
                                .size = size,
                                .writable = true,
                                .name = "shown by the test"});
    }

    [[nodiscard]] std::uint64_t ctx() { return context_->address(); }
    [[nodiscard]] CallingProgram& program() { return *program_; }
    [[nodiscard]] Packet& packet() { return *packet_; }
    [[nodiscard]] Context& context() { return *context_; }
    [[nodiscard]] Effects& effects() { return program_->effects(); }
    /// Why the program was stopped; empty if it was not.
    [[nodiscard]] std::string stop_reason() const {
        return program_->stopped() ? program_->stop_cause()->reason : "";
    }
    [[nodiscard]] std::uint8_t packet_byte(std::size_t at) const {
        return static_cast<std::uint8_t>(packet_->bytes()[at]);
    }

private:
    template <class T>
    static std::uint64_t to_register(T value) {
        if constexpr (std::is_pointer_v<T>)
            return reinterpret_cast<std::uint64_t>(value);
        else
            return static_cast<std::uint64_t>(value);
    }

    ProgramSpec spec_;
    std::unique_ptr<Packet> packet_;
    std::optional<Context> context_;
    std::optional<CallingProgram> program_;
};

/// A frame of `size` bytes 0, 1, 2, … with the EtherType of IPv4 and an IPv4 header's first byte
/// and protocol UDP in place.
inline Bytes counting_frame(std::size_t size = 64) {
    Bytes frame(size);
    for (std::size_t i = 0; i < size; ++i) frame[i] = static_cast<std::byte>(i);
    const auto put = [&frame](std::size_t at, unsigned value) {
        if (at < frame.size()) frame[at] = static_cast<std::byte>(value);
    };
    put(12, 0x08);
    put(13, 0x00);
    put(14, 0x45);
    put(23, 17);
    return frame;
}

/// The kernel's errno without a place in <cerrno>.
inline constexpr std::int64_t enotsupp_result = -524;

}  // namespace bpftwin
