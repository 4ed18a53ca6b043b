// One run with what it started from, and the maps at the end: what reports show.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <vector>

#include "bpftwin/engine.h"
#include "bpftwin/run.h"
#include "bpftwin/spec.h"

namespace bpftwin {
class Packet;
}

namespace bpftwin::cli {

/// One run and what it started from.
struct Outcome {
    std::uint64_t number = 1;  ///< Of the packet, from 1.
    Bytes context_before;      ///< Pointer fields zeroed, as in `RunResult`.
    std::optional<Bytes> packet_before;
    RunResult result;

    [[nodiscard]] bool packet_changed() const {
        return result.packet && result.packet != packet_before;
    }
};

/// Makes the outcomes of a program's runs, one after the other.
class Outcomes {
public:
    static Result<Outcomes> create(ProgType type);
    Outcomes(Outcomes&&) noexcept;
    ~Outcomes();

    /// What the next run starts from, without a result.
    Result<Outcome> begin(const RunInput& input);
    /// What the engine does not show of the context did not change for all we know.
    static void finish(Outcome& outcome, RunResult result);
    [[nodiscard]] std::uint64_t count() const { return count_; }

private:
    explicit Outcomes(ProgType type);

    ProgType type_;
    std::unique_ptr<Packet> packet_;  ///< Of programs that take one.
    std::uint64_t count_ = 0;
};

/// Contents of one map when all runs are over, sorted by key.
struct FinalMap {
    const MapSpec* spec;
    std::vector<MapEntry> entries;
};

/// All maps of an instance, in the object's order.
Result<std::vector<FinalMap>> final_maps(const ObjectSpec& object, Instance& instance);

}  // namespace bpftwin::cli
