// What a helper sees of the program that called it, and how it calls back: the interface between
// helper implementations and every engine that runs here.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "bpftwin/run.h"
#include "bpftwin/spec.h"
#include "vm/memory.h"
#include "vm/packet.h"
#include "vm/world.h"

namespace bpftwin {

class Btf;
class Context;
class KernelObjects;
class Map;
class ObjectHeap;

/// Everything that leaves a program other than through memory.
struct Effects {
    std::optional<Redirect> redirect;
    std::vector<Clone> clones;
    SocketEffects socket;
    std::vector<Event> events;
    std::vector<std::string> trace;
    std::uint64_t output_bytes = 0;  ///< Of `clones`, `events`, `trace` and `sequence` together.
    std::vector<SignalSent> signals;
    std::vector<RemoteEvent> remote;
    std::string sequence;
    std::optional<std::int32_t> retval;
    std::optional<std::uint64_t> override_return;
};

/// What stopped a program, as far as the layer that noticed it knows.
struct Stop {
    TrapKind kind = TrapKind::helper;
    std::string reason;
    std::uint64_t address = 0;
    std::uint32_t size = 0;
    bool write = false;
    std::vector<std::string> notes = {};  ///< As in `Trap`.
};

/// A ring buffer record that the program has reserved and neither submitted nor discarded.
struct Reservation {
    std::uint64_t record = 0;  ///< Its address.
    Map* map = nullptr;
};

/// One running program. Engines derive from it; helpers get it as their first argument.
class Runtime {
public:
    virtual ~Runtime() = default;

    /// Runs the subprogram that a function pointer of the program denotes, in a new frame.
    /// @return its r0; 0 after a trap (then `stopped()` holds and the helper returns at once).
    virtual std::uint64_t call(std::uint64_t function, std::uint64_t r1, std::uint64_t r2,
                               std::uint64_t r3, std::uint64_t r4, std::uint64_t r5) = 0;

    /// Whether that is the address of a map that the program may use.
    [[nodiscard]] virtual bool knows_map(std::uint64_t) const { return false; }

    /// Stops the program; the first stop wins. The helper's result is ignored afterwards.
    void stop(Stop stop);
    /// Ends the program with that result, or with what the function that handles its exceptions
    /// makes of it: all functions that run return at once.
    void throw_exception(std::uint64_t cookie);
    [[nodiscard]] bool stopped() const { return stop_.has_value(); }
    [[nodiscard]] const std::optional<Stop>& stop_cause() const { return stop_; }

    /// The program that was entered (not the target of a later tail call).
    [[nodiscard]] const ProgramSpec& program() const { return *program_; }
    [[nodiscard]] Memory& memory() { return memory_; }
    [[nodiscard]] LiveWorld& world() { return world_; }
    [[nodiscard]] Effects& effects() { return effects_; }
    [[nodiscard]] std::vector<Reservation>& reservations() { return reservations_; }
    /// Null for program types without a packet.
    [[nodiscard]] Packet* packet() { return packet_; }
    [[nodiscard]] Context& context() { return *context_; }
    /// The kernel's objects of this run. Null outside of an instance's runs.
    [[nodiscard]] KernelObjects* objects() { return objects_; }
    void surround(KernelObjects& objects) { objects_ = &objects; }
    /// Objects that programs allocate, by the types of their object file, which may be null. Null
    /// outside of an instance's runs.
    [[nodiscard]] ObjectHeap* heap() { return heap_; }
    [[nodiscard]] const std::shared_ptr<const Btf>& types() const { return types_; }
    void surround(ObjectHeap& heap, std::shared_ptr<const Btf> types) {
        heap_ = &heap;
        types_ = std::move(types);
    }
    /// What the process that runs the program has open: maps that the program created, or null for
    /// what is no map. They are closed with the run.
    [[nodiscard]] std::map<std::uint32_t, std::shared_ptr<Map>>& descriptors() {
        return descriptors_;
    }
    /// Where the program left pointers to objects, which may be such that end with the run.
    [[nodiscard]] std::vector<std::uint64_t>& kept_pointers() { return kept_pointers_; }

    /// Copies out of memory that may not exist, as the kernel's nofault copies do.
    /// @return whether all of it was readable; the destination is untouched otherwise.
    bool probe_read(void* to, std::uint64_t from, std::size_t bytes);

protected:
    Runtime(const ProgramSpec& program, const Memory* shared, const World& world, Packet* packet,
            Context* context)
        : program_(&program), memory_(shared), world_(world), packet_(packet), context_(context) {}

    /// Called when the program was stopped.
    virtual void on_stop() {}
    /// What was thrown, if that stopped the program, which may go on then.
    std::optional<std::uint64_t> catch_exception();

private:
    const ProgramSpec* program_;
    Memory memory_;
    LiveWorld world_;
    Effects effects_;
    std::vector<Reservation> reservations_;
    Packet* packet_;
    Context* context_;
    KernelObjects* objects_ = nullptr;
    ObjectHeap* heap_ = nullptr;
    std::shared_ptr<const Btf> types_;
    std::map<std::uint32_t, std::shared_ptr<Map>> descriptors_{{0, {}}, {1, {}}, {2, {}}};
    std::vector<std::uint64_t> kept_pointers_;
    std::optional<Stop> stop_;
    std::optional<std::uint64_t> thrown_;  ///< With `stop_`, which says what it is to nobody else.
};

}  // namespace bpftwin
