// Entering machine code, leaving it, and saying why it stopped.
#include "jit/machine.h"

#include <algorithm>

#include "fmt/format.h"
#include "helpers/map.h"
#include "helpers/prototype.h"
#include "isa/decode.h"
#include "jit/fault.h"
#include "vm/constants.h"
#include "vm/context.h"

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
    const FaultGuard guard(state_, *programs_->code, memory(), probes_memory(program().type));
    const std::uint64_t result = end_with(enter(programs_->code->starts()[entry_]));
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

// UndefinedBehaviorSanitizer looks for a function's type in front of its code.
#if defined(__clang__)
[[clang::no_sanitize("function")]]
#endif
std::uint64_t JitMachine::enter(const void* code) {
    const std::uint64_t result = programs_->code->enter()(&state_, code);
    if (state_.stopped == StopCode::none) return result;
    explain_stop();
    return 0;
}

void JitMachine::on_catch() {
    state_.stopped = StopCode::none;
    state_.frame = stack_end(0) - stack_stride;
}

void JitMachine::explain_stop() {
    const StopCode code = state_.stopped;
    const Site site = programs_->code->site(state_.site);
    if (code != StopCode::fault) note_place(*site.program, site.pc);
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

std::string JitMachine::helper_called(const Site& site) const {
    const Insn& insn = site.program->insns[site.pc];
    const std::uint64_t id =
        decode(insn) == Op::callx ? state_.callx : static_cast<std::uint32_t>(insn.imm);
    const Helper* helper = helper_by_id(static_cast<std::uint32_t>(id));
    return helper ? fmt::format("bpf_{}", helper->name) : "the function called";
}

void JitMachine::explain_fault() {
    const Fault& fault = state_.fault;
    const auto in_code = programs_->code->find(fault.pc);
    const Site site =
        in_code ? Site{in_code->program, in_code->place->pc} : programs_->code->site(state_.site);
    note_place(*site.program, site.pc);
    const OpInfo& row = info(*decode(site.program->insns[site.pc]));
    if (!in_code || row.family == Family::call) return explain_fault_of_helper(site);
    const bool write = row.family != Family::ldx && row.family != Family::ldxsx &&
                       row.family != Family::load_acquire;
    const std::uint32_t bytes = row.bits / 8U;
    stop({TrapKind::bad_access,
          fault.unaligned ? fmt::format("atomic access of {} bytes is not aligned", bytes)
                          : fmt::format("{} of {} byte{} at an address that cannot be {}",
                                        write ? "write" : "read", bytes, bytes == 1 ? "" : "s",
                                        write ? "written" : "read"),
          fault.address, bytes, write});
}

void JitMachine::explain_fault_of_helper(const Site& site) {
    const Fault& fault = state_.fault;
    const std::string name = helper_called(site);
    if (!fault.address_known)
        return stop({TrapKind::bad_argument,
                     fmt::format("{} was given an address that no memory has", name), 0, 0, false});
    stop({TrapKind::bad_argument,
          fmt::format("{} was given an address that cannot be accessed", name), fault.address, 1,
          fault.write});
}

const void* JitMachine::take_tail_call(std::optional<std::uint32_t> index) {
    const auto& starts = programs_->code->starts();
    if (!index || *index >= starts.size() || !starts[*index]) return nullptr;
    if (state_.tail_calls >= max_tail_calls) return nullptr;
    ++state_.tail_calls;
    return starts[*index];
}

Callee JitMachine::callee() const {
    const Site site = programs_->code->site(state_.site);
    const Insn& insn = site.program->insns[site.pc];
    if (decode(insn) == Op::call_kfunc) return kfunc_callee(kfunc_name(*site.program, site.pc));
    return helper_callee(static_cast<std::uint32_t>(insn.imm));
}

bool JitMachine::knows_map(std::uint64_t address) const {
    return std::ranges::binary_search(programs_->maps, reinterpret_cast<Map*>(address));
}

}  // namespace bpftwin::jit
