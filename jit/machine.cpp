// Entering machine code, leaving it, and saying why it stopped.
#include "jit/machine.h"

#include <algorithm>

#include "fmt/format.h"
#include "helpers/map.h"
#include "helpers/prototype.h"
#include "isa/decode.h"
#include "jit/fault.h"

namespace bpftwin::jit {

JitMachine::JitMachine(const Programs& programs, std::size_t entry, const RunInput& input,
                       Packet* packet, Context* context)
    : Machine(programs.object->programs[entry], *programs.memory, input, packet, context),
      programs_(&programs),
      entry_(entry) {
    state_.runtime = this;
    state_.exit = programs.code->exit();
    state_.frame_limit = stack_end(max_frames - 1);
    state_.programs = programs.code->starts().data();
    state_.cpu = input.world.cpu;
}

std::uint64_t JitMachine::run(std::uint64_t r1, std::uint64_t r2) {
    state_.fuel = budget();
    state_.tail_calls = 0;
    std::ranges::copy(
        std::array{r1, r2, std::uint64_t{}, std::uint64_t{}, std::uint64_t{}, stack_end(0)},
        state_.entry_registers);
    const FaultGuard guard(state_, programs_->code->memory());
    const std::uint64_t result = enter(programs_->code->starts()[entry_]);
    finish(false);
    return result;
}

std::uint64_t JitMachine::call(std::uint64_t function, std::uint64_t r1, std::uint64_t r2,
                               std::uint64_t r3, std::uint64_t r4, std::uint64_t r5) {
    if (!is_function(function)) {
        stop({TrapKind::bad_argument, "callback is not a function of the program", function, 0,
              false});
        return 0;
    }
    const std::uint64_t frame = state_.frame;
    const std::uint32_t site = state_.site;
    if (frame + stack_stride > state_.frame_limit) {
        state_.stopped = StopCode::call_depth;
        explain_stop();
        return 0;
    }
    std::ranges::copy(std::array{r1, r2, r3, r4, r5, frame + stack_stride}, state_.entry_registers);
    const std::uint64_t result = enter(reinterpret_cast<const void*>(function));
    state_.frame = frame;
    state_.site = site;
    return result;
}

std::uint64_t JitMachine::enter(const void* code) {
    const std::uint64_t result = programs_->code->enter()(&state_, code);
    if (state_.stopped == StopCode::none) return result;
    explain_stop();
    return 0;
}

void JitMachine::explain_stop() {
    const StopCode code = state_.stopped;
    const Site site = programs_->code->site(state_.site);
    if (code != StopCode::fault || state_.fault_pc == 0) note_place(*site.program, site.pc);
    switch (code) {
        case StopCode::none:
        case StopCode::runtime: return;
        case StopCode::budget:
            return stop({TrapKind::budget, "the instruction budget is used up", 0, 0, false});
        case StopCode::call_depth:
            return stop({TrapKind::call_depth, fmt::format("more than {} frames", max_frames), 0, 0,
                         false});
        case StopCode::function_end:
            return stop({TrapKind::bad_instruction, "ran past the last instruction", 0, 0, false});
        case StopCode::missing_helper:
            return stop({TrapKind::bad_call,
                         fmt::format("helper {} does not exist or is not implemented",
                                     site.program->insns[site.pc].imm),
                         0, 0, false});
        case StopCode::missing_kfunc:
            return stop(
                {TrapKind::bad_call, "kernel functions cannot be called here", 0, 0, false});
        case StopCode::fault: return explain_fault();
    }
}

namespace {

/// The helper that an instruction calls, by name.
std::string helper_called(const Site& site) {
    const Helper* helper =
        helper_by_id(static_cast<std::uint32_t>(site.program->insns[site.pc].imm));
    return helper ? fmt::format("bpf_{}", helper->name) : "the function called";
}

}  // namespace

void JitMachine::explain_fault() {
    const auto in_code = programs_->code->site_at(state_.fault_pc);
    if (state_.fault_pc == 0 || !in_code) {
        const std::string name = helper_called(programs_->code->site(state_.site));
        return stop({TrapKind::bad_argument,
                     fmt::format("{} was given an address that cannot be accessed", name),
                     state_.fault_address, 1, false});
    }
    note_place(*in_code->program, in_code->pc);
    const OpInfo& row = info(*decode(in_code->program->insns[in_code->pc]));
    const bool write = row.family != Family::ldx && row.family != Family::ldxsx &&
                       row.family != Family::load_acquire;
    stop({TrapKind::bad_access,
          fmt::format("{} of {} bytes at an address that cannot be accessed",
                      write ? "write" : "read", row.bits / 8),
          state_.fault_address, row.bits / 8U, write});
}

const void* JitMachine::take_tail_call(std::optional<std::uint32_t> index) {
    const auto& starts = programs_->code->starts();
    if (!index || *index >= starts.size() || !starts[*index]) return nullptr;
    if (state_.tail_calls >= max_tail_calls) return nullptr;
    ++state_.tail_calls;
    return starts[*index];
}

bool JitMachine::knows_map(std::uint64_t address) const {
    return std::ranges::binary_search(programs_->maps, reinterpret_cast<Map*>(address));
}

}  // namespace bpftwin::jit
