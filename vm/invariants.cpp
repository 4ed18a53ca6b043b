#include "vm/invariants.h"

#include <algorithm>
#include <cstring>

#include "fmt/format.h"
#include "helpers/map.h"
#include "isa/op.h"
#include "vm/code.h"
#include "vm/context.h"
#include "vm/interpreter_machine.h"
#include "vm/map_set.h"
#include "vm/packet.h"

namespace bpftwin {
namespace {

constexpr std::size_t most_branches = 64;

bool is_conditional(const Insn& insn) {
    constexpr unsigned jmp = 5, jmp32 = 6, ja = 0x00, call = 0x80, exit = 0x90;
    const unsigned family = insn.code & 7U, operation = insn.code & 0xf0U;
    return (family == jmp || family == jmp32) && operation != ja && operation != call &&
           operation != exit;
}

/// What stands at a place now.
std::uint64_t value_at(const InterpreterMachine& machine, const PlaceClaim& place,
                       const std::uint64_t* registers) {
    if (!place.is_slot) return registers[place.index];
    std::uint64_t value = 0;
    const std::uint64_t at = machine.frame_pointer() - 8 * (place.index + 1ULL);
    std::memcpy(&value, reinterpret_cast<const void*>(at), place.bytes);
    return value;
}

/// Whether a pointer is as far from `begin` as claimed.
bool is_from(const ValueClaim& claim, std::uint64_t begin, std::uint64_t value) {
    return claim.number.contains(value - begin -
                                 static_cast<std::uint64_t>(std::int64_t{claim.off}));
}

/// Whether a pointer is as far as claimed from one of the values in a region.
bool is_from_value_in(const Region& region, const ValueClaim& claim, std::uint64_t value) {
    if (region.stride == 0) return is_from(claim, region.begin, value);
    const std::uint64_t count = region.size / region.stride;
    const std::uint64_t fixed = claim.number.smin < 0
                                    ? 0
                                    : static_cast<std::uint64_t>(claim.number.smin) +
                                          static_cast<std::uint64_t>(std::int64_t{claim.off});
    const auto distance = static_cast<std::int64_t>(value - fixed - region.begin);
    constexpr std::int64_t reach = 8;  // What is known of an offset is not far from right.
    const std::int64_t near = distance / std::int64_t{region.stride};
    for (std::int64_t i = near - reach; i <= near + 1; ++i)
        if (i >= 0 && static_cast<std::uint64_t>(i) < count &&
            is_from(claim, region.begin + static_cast<std::uint64_t>(i) * region.stride, value))
            return true;
    return false;
}

}  // namespace

InvariantPlan InvariantPlan::create(const ObjectSpec& object, const ProgramClaims& claims,
                                    const MapSet& maps) {
    InvariantPlan plan;
    for (const ProgramSpec& program : object.programs)
        if (const auto found = claims.find(program.name); found != claims.end())
            plan.claims.emplace(&program, found->second);
    for (const auto& map : maps.maps())
        plan.maps.push_back({reinterpret_cast<std::uint64_t>(map.get()), map->regions()});
    return plan;
}

bool InvariantCheck::hold(InterpreterMachine& machine, const Image& image, const Code* pc,
                          const std::uint64_t* registers) {
    const ProgramSpec& program = image.program();
    const auto insn = static_cast<std::uint32_t>(pc - image.code());
    if (program_ != &program) {
        const auto found = plan_.claims.find(&program);
        claims_ = found == plan_.claims.end() ? nullptr : found->second.get();
        program_ = &program;
        has_previous_ = false;
    }
    if (!claims_ || insn >= claims_->by_insn.size()) return true;
    follow(program, insn);
    const auto& states = claims_->by_insn[insn];
    const bool holds = std::ranges::any_of(states, [&](const StateClaim& state) {
        return broken(machine, state, registers) == nullptr;
    });
    if (holds)
        ++held_;
    else
        stop(machine, states, insn, registers);
    return holds;
}

void InvariantCheck::follow(const ProgramSpec& program, std::uint32_t insn) {
    if (has_previous_ && is_conditional(program.insns[previous_])) {
        const Branch branch{previous_, insn != previous_ + 1};
        if (path_.size() < most_branches)
            path_.push_back(branch);
        else
            path_[branches_ % most_branches] = branch;
        ++branches_;
    }
    previous_ = insn;
    has_previous_ = true;
}

/// "3 taken, 7 not taken".
std::string InvariantCheck::path() const {
    std::string text = branches_ > path_.size() ? "…" : "";
    for (std::size_t i = 0; i < path_.size(); ++i) {
        const Branch& branch = path_[(branches_ > path_.size() ? branches_ + i : i) % path_.size()];
        text += fmt::format("{}{} {}", text.empty() ? "" : ", ", branch.insn,
                            branch.taken ? "taken" : "not taken");
    }
    return text.empty() ? "no branches" : text;
}

void InvariantCheck::stop(InterpreterMachine& machine, const std::vector<StateClaim>& states,
                          std::uint32_t insn, const std::uint64_t* registers) const {
    Stop stop{.kind = TrapKind::broken_claim};
    if (states.empty())
        stop.reason = fmt::format("the verifier says that insn {} is never reached", insn);
    else
        stop.reason = fmt::format("no state that the verifier claims of insn {} is this one", insn);
    for (const StateClaim& state : states) {
        const PlaceClaim& place = *broken(machine, state, registers);
        const std::uint64_t value = value_at(machine, place, registers);
        stop.notes.push_back(fmt::format("claim: {} is {}; but it is {:#x} ({})", place.name(),
                                         place.value.text(), value,
                                         static_cast<std::int64_t>(value)));
    }
    stop.notes.push_back("path: " + path());
    machine.stop(std::move(stop));
}

const PlaceClaim* InvariantCheck::broken(InterpreterMachine& machine, const StateClaim& state,
                                         const std::uint64_t* registers) const {
    for (const PlaceClaim& place : state)
        if (!is_so(machine, place.value, value_at(machine, place, registers))) return &place;
    return nullptr;
}

bool InvariantCheck::is_so(InterpreterMachine& machine, const ValueClaim& claim,
                           std::uint64_t value) const {
    if (claim.kind == ValueClaim::Kind::number) return claim.number.contains(value);
    const Packet* packet = machine.packet();
    const bool is_packet = claim.kind == ValueClaim::Kind::packet ||
                           claim.kind == ValueClaim::Kind::packet_meta ||
                           claim.kind == ValueClaim::Kind::packet_end;
    // Where a program type's packet is not ours, nothing is known of it; nor of a kernel's memory.
    if (is_packet && !packet) return true;
    if (claim.kind == ValueClaim::Kind::memory && value >> 63 != 0) return true;
    if (value == 0) return claim.may_be_null;
    switch (claim.kind) {
        case ValueClaim::Kind::number: break;
        case ValueClaim::Kind::context: return is_from(claim, machine.context().address(), value);
        case ValueClaim::Kind::stack:
            return claim.frame < machine.open_frames() &&
                   is_from(claim, machine.frame_pointer(claim.frame), value);
        case ValueClaim::Kind::map: return is_map(machine, claim, value);
        case ValueClaim::Kind::map_value: return is_map_value(claim, value);
        case ValueClaim::Kind::packet:
            return is_from(claim, packet->data(), value) &&
                   (claim.readable == 0 ||
                    value - static_cast<std::uint64_t>(std::int64_t{claim.off}) +
                            static_cast<std::uint64_t>(claim.readable) <=
                        packet->data_end());
        case ValueClaim::Kind::packet_meta: return is_from(claim, packet->meta(), value);
        case ValueClaim::Kind::packet_end: return value == packet->data_end();
        case ValueClaim::Kind::memory: {
            if (claim.number.mask != 0) return true;
            const std::uint64_t begin =
                value - claim.number.value - static_cast<std::uint64_t>(std::int64_t{claim.off});
            return machine.allows(begin, static_cast<std::uint64_t>(claim.readable), false);
        }
    }
    return false;
}

bool InvariantCheck::is_map(InterpreterMachine& machine, const ValueClaim& claim,
                            std::uint64_t value) const {
    if (claim.map < 0) return machine.knows_map(value);
    return plan_.maps[static_cast<std::size_t>(claim.map)].address == value;
}

bool InvariantCheck::is_map_value(const ValueClaim& claim, std::uint64_t value) const {
    const auto is_in = [&](const InvariantPlan::MapPlace& map) {
        return std::ranges::any_of(map.values, [&](const Region& region) {
            return is_from_value_in(region, claim, value);
        });
    };
    if (claim.map >= 0) return is_in(plan_.maps[static_cast<std::size_t>(claim.map)]);
    return std::ranges::any_of(plan_.maps, is_in);
}

}  // namespace bpftwin
