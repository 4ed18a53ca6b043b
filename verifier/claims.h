// Claims: what an analysis found out about every instruction, as sets of states that a run must be
// in (include/bpftwin/claims.h). The kernel has no such thing.
//
// A kept state stands for all paths that ended at it, also for those whose values differed in what
// did not matter there: scalars that need not be precise, and what is never read again. So what
// follows from such values holds for the path that was followed, not for all: it is in *doubt*.
// Which values mattered is known only when all paths are finished; then doubt is followed along the
// paths, forward, by the rules that precision follows backward (verifier/precision.cpp).
#pragma once

#include <array>
#include <cstdint>
#include <memory>
#include <optional>
#include <vector>

#include "bpftwin/claims.h"
#include "isa/op.h"
#include "verifier/flow.h"
#include "verifier/flow_walk.h"
#include "verifier/maps.h"
#include "verifier/state.h"

namespace bpftwin::verifier {

/// Gathers the visits of instructions while one function is analysed, and makes claims of them.
class ClaimRecorder {
public:
    /// Visits that are remembered at most, in up to 1 GB: as many as a kernel lets a program have.
    /// A function with more has no claims.
    static constexpr std::size_t max_visits = 1'000'000;

    /// All must outlive it.
    ClaimRecorder(Claims& claims, const Code& code, const Flow& flow, const std::vector<Map>& maps);

    /// A new function is analysed: what was gathered of the last one is forgotten.
    void begin();
    /// The state was kept, and others will be compared with that copy of it. It must live until
    /// `finish`, as `adopt` makes sure.
    void kept(const State& copy) { kept_ = &copy; }
    /// A kept state that nobody else needs any more.
    void adopt(Owned<State> state) { retired_.push_back(std::move(state)); }
    /// The instruction is looked at next on the path of that state.
    void visit(State& state, std::uint32_t insn);
    /// The visited comparison tells something of all of these.
    void linked(const LinkedRegs& linked);
    /// The function was accepted: what was gathered becomes claims.
    void finish();

private:
    /// Values that may be others than those of the path, by frame.
    struct Doubt {
        std::array<std::uint16_t, max_frames> regs{};
        std::array<std::uint64_t, max_frames> slots{};
    };
    /// Stack slots that an instruction reads or writes.
    struct Touch {
        std::uint8_t frame = 0, first = 0, last = 0;
        bool any = false, whole = false;
    };
    struct Visit {
        std::uint32_t insn;
        std::int32_t previous;  ///< The visit before on this path; negative: none.
        std::uint8_t frame;
        bool in_callback;
        Touch touch;
        LinkedRegs linked;
        const State* kept;  ///< The copy that was kept at this visit, or null.
        StateClaim claim;   ///< Of all that is known on the path.
    };

    [[nodiscard]] StateClaim claim_of(const State& state, std::uint32_t insn) const;
    [[nodiscard]] std::optional<ValueClaim> claim_of(const Reg& reg, std::uint32_t frame) const;
    [[nodiscard]] std::optional<PlaceClaim> claim_of(const Slot& slot, std::size_t index,
                                                     std::uint32_t frame) const;
    [[nodiscard]] std::int32_t map_of(const Reg& reg) const;
    [[nodiscard]] Touch touch_of(const State& state, std::uint32_t insn) const;

    [[nodiscard]] Doubt doubt_in(const State& kept) const;
    void doubt_in(const State& kept, std::uint32_t frame, Doubt& doubt) const;
    /// What is in doubt where the path goes on after a visit.
    [[nodiscard]] Doubt doubt_after(const Visit& visit, Doubt doubt, const Visit& next) const;
    void follow(const Visit& visit, Doubt& doubt) const;
    void follow_call(const Visit& visit, Doubt& doubt, std::uint32_t next_frame) const;
    void follow_linked(const Visit& visit, Doubt& doubt) const;

    Claims& claims_;
    const Code& code_;
    const Flow& flow_;
    const std::vector<Map>& maps_;
    std::vector<bool> is_inner_;  ///< By map: a description of the maps that another one holds.
    std::vector<Visit> visits_;
    const State* kept_ = nullptr;
    std::vector<Owned<State>> retired_;
};

}  // namespace bpftwin::verifier
