// Traps: what stopped a program, where in bytecode and C, and near which memory.
#include "vm/trap.h"

#include "btf/source.h"
#include "fmt/format.h"
#include "vm/constants.h"

namespace bpftwin {
namespace {

void add_region(Trap& trap, const Region& region) {
    trap.region = region.title();
    trap.offset = static_cast<std::int64_t>(trap.address - region.begin);
    if (region.stride == 0) return;
    trap.region += fmt::format(", element {}", trap.offset / region.stride);
    trap.offset %= region.stride;
}

/// Kernel functions have names, and a call that no helper answers may stand for one that the kernel
/// has not.
void add_function(Trap& trap, const ProgramSpec& program) {
    if (trap.kind != TrapKind::bad_call) return;
    for (const ExternReference& reference : program.externs) {
        if (reference.insn != trap.pc) continue;
        trap.reason = reference.state == ExternState::absent
                          ? fmt::format("kernel function {}: {}", reference.name, reference.why)
                          : fmt::format("kernel function {} cannot be called here", reference.name);
    }
}

void add_symbol(Trap& trap, const ProgramSpec& program) {
    const auto place = kernel_symbol_at(program, trap.address);
    if (!place) return;
    trap.region = fmt::format("kernel symbol {}, which has no memory here,", place->symbol);
    trap.offset = static_cast<std::int64_t>(place->offset);
}

/// A call that no helper answers may stand for a CO-RE relocation without an answer.
void add_poison(Trap& trap, const ProgramSpec& program) {
    for (const CoreRelocation& relocation : program.core_relocations)
        if (relocation.insn == trap.pc && relocation.state == CoreState::poisoned)
            trap.reason = "CO-RE relocation: " + relocation.why;
}

}  // namespace

Trap trap_of(Machine& machine, const Btf* btf) {
    const Stop& stop = *machine.stop_cause();
    Trap trap{.kind = stop.kind,
              .reason = stop.reason,
              .address = stop.address,
              .size = stop.size,
              .write = stop.write,
              .notes = stop.notes};
    if (const ProgramSpec* program = machine.stop_program()) {
        trap.program = program->name;
        trap.pc = machine.stop_pc();
        trap.function = function_at(*program, trap.pc);
        trap.source = source_at(*program, btf, trap.pc);
        add_poison(trap, *program);
        add_function(trap, *program);
        if (stop.size != 0) add_symbol(trap, *program);
    }
    if (stop.size != 0)
        if (auto region = machine.region_near(stop.address)) add_region(trap, *region);
    return trap;
}

std::string_view name_of(Effect effect) {
    switch (effect) {
        case Effect::redirect: return "redirect";
        case Effect::events: return "events";
        case Effect::trace: return "trace";
        case Effect::maps: return "maps";
    }
    return "";
}

std::string_view name_of(TrapKind kind) {
    switch (kind) {
        case TrapKind::bad_access: return "bad access";
        case TrapKind::bad_argument: return "bad argument";
        case TrapKind::bad_instruction: return "bad instruction";
        case TrapKind::bad_call: return "bad call";
        case TrapKind::call_depth: return "call depth";
        case TrapKind::budget: return "budget";
        case TrapKind::helper: return "helper";
        case TrapKind::broken_claim: return "broken claim";
    }
    return {};
}

std::string Trap::describe() const {
    auto text = fmt::format("{}: {}\n  at insn {} of {}", name_of(kind), reason, pc, program);
    if (function != program) text += fmt::format(", in {}", function);
    if (source)
        text += fmt::format("\n  {}:{}:{}: {}", source->file, source->line, source->column,
                            source->text);
    if (size != 0) {
        text += fmt::format("\n  address {:#x}", address);
        text += region.empty() ? ", not near any memory of the program"
                               : fmt::format(", {} offset {}", region, offset);
    }
    for (const std::string& note : notes) text += "\n  " + note;
    return text;
}

}  // namespace bpftwin
