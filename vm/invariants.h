// Holds the verifier's claims of a program (include/bpftwin/claims.h) against its values while it
// runs: the soundness of one verdict, tested on one input.
#pragma once

#include <cstdint>
#include <string>
#include <unordered_map>
#include <vector>

#include "bpftwin/claims.h"
#include "bpftwin/spec.h"
#include "vm/memory.h"

namespace bpftwin {

class Image;
class InterpreterMachine;
class MapSet;
struct Code;

/// What is claimed of an object's programs, and where its maps are.
struct InvariantPlan {
    struct MapPlace {
        std::uint64_t address = 0;
        std::vector<Region> values;
    };
    std::unordered_map<const ProgramSpec*, std::shared_ptr<const Claims>> claims;
    std::vector<MapPlace> maps;  ///< By index in `ObjectSpec::maps`.

    static InvariantPlan create(const ObjectSpec& object, const ProgramClaims& claims,
                                const MapSet& maps);
};

/// The check of one run.
class InvariantCheck {
public:
    /// @param plan must outlive it.
    explicit InvariantCheck(const InvariantPlan& plan) : plan_(plan) {}

    /// Whether one of the states that are claimed of the instruction is what the registers and the
    /// stack hold; stops the machine where none is.
    bool hold(InterpreterMachine& machine, const Image& image, const Code* pc,
              const std::uint64_t* registers);
    /// Instructions that were as claimed.
    [[nodiscard]] std::uint64_t held() const { return held_; }

private:
    struct Branch {
        std::uint32_t insn;
        bool taken;
    };

    void follow(const ProgramSpec& program, std::uint32_t insn);
    void stop(InterpreterMachine& machine, const std::vector<StateClaim>& states,
              std::uint32_t insn, const std::uint64_t* registers) const;
    [[nodiscard]] std::string path() const;
    /// The first place that is not as claimed, or null.
    [[nodiscard]] const PlaceClaim* broken(InterpreterMachine& machine, const StateClaim& state,
                                           const std::uint64_t* registers) const;
    [[nodiscard]] bool is_so(InterpreterMachine& machine, const ValueClaim& claim,
                             std::uint64_t value) const;
    [[nodiscard]] bool is_map(InterpreterMachine& machine, const ValueClaim& claim,
                              std::uint64_t value) const;
    [[nodiscard]] bool is_map_value(const ValueClaim& claim, std::uint64_t value) const;

    const InvariantPlan& plan_;
    const ProgramSpec* program_ = nullptr;  ///< Whose claims these are:
    const Claims* claims_ = nullptr;
    std::uint32_t previous_ = 0;
    bool has_previous_ = false;
    std::vector<Branch> path_;  ///< The last branches, a ring.
    std::size_t branches_ = 0;
    std::uint64_t held_ = 0;
};

}  // namespace bpftwin
