// Which instruction wrote a byte last: where a difference between engines comes from.
#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <unordered_map>
#include <vector>

#include "bpftwin/run.h"
#include "bpftwin/spec.h"

namespace bpftwin {

class Btf;
class Context;
class Map;
class Packet;
class WriteLog;

/// An instruction that wrote: a store, or the call of a helper.
struct Writer {
    const ProgramSpec* program = nullptr;
    std::uint32_t pc = 0;

    friend bool operator==(const Writer&, const Writer&) = default;
};

/// What one run wrote outside its stack.
class WriteLog {
public:
    void note(std::uint64_t address, std::uint64_t bytes, const Writer& writer);
    /// The last writer of the byte there, or null.
    [[nodiscard]] const Writer* at(std::uint64_t address) const;

private:
    std::unordered_map<std::uint64_t, Writer> by_address_;
};

/// Notes in a log what a helper writes that is called while one exists: the packet's bytes that
/// change, and the element of a map that it stores.
class HelperWrites {
public:
    /// @param packet null for programs without one.
    HelperWrites(WriteLog& log, const Packet* packet, Writer writer);
    /// The call is over.
    /// @param map the map it stored an element of, or null. @param key of the element.
    void finish(Map* map, const void* key, std::uint32_t cpu);

private:
    void note_packet();

    WriteLog& log_;
    const Packet* packet_;
    Writer writer_;
    std::uint32_t data_ = 0;
    std::vector<std::byte> before_;
};

/// Where a log is read from: what a run worked on.
struct Written {
    const WriteLog& log;
    const Packet* packet;
    std::size_t packet_size;  ///< Of `RunResult::packet`, which may have a header in front.
    Context& context;
    std::span<const std::shared_ptr<Map>> maps;
    std::uint32_t cpu;
    const Btf* btf;
};

/// The writers of packet, context and map values, neighbouring bytes of one as one.
std::vector<LastWrite> last_writes(const Written& written);

}  // namespace bpftwin
