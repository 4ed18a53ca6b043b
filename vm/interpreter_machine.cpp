// The interpreter's frames, calls into helpers and out of them.
#include "vm/interpreter_machine.h"

#include <algorithm>
#include <cstring>

#include "fmt/format.h"
#include "helpers/implementation.h"
#include "helpers/map.h"
#include "helpers/maps/prog_array.h"
#include "helpers/prototype.h"
#include "vm/arguments.h"
#include "vm/context.h"
#include "vm/interpreter.h"

namespace bpftwin {
namespace {

std::array<std::uint64_t, 5> arguments_in(const std::uint64_t* registers) {
    return {registers[1], registers[2], registers[3], registers[4], registers[5]};
}

}  // namespace

std::uint64_t InterpreterMachine::execute(const Code* entry, std::uint64_t* registers) {
    switch (mode_) {
        case Mode::fast: return interpret<Mode::fast>(*this, entry, registers);
        case Mode::checked: return interpret<Mode::checked>(*this, entry, registers);
        case Mode::observed: return interpret<Mode::observed>(*this, entry, registers);
    }
    bug("no such mode");
}

std::uint64_t InterpreterMachine::run(std::uint64_t r1, std::uint64_t r2) {
    std::array<std::uint64_t, register_count> registers{};
    fuel = budget();
    tail_calls_ = 0;
    registers[1] = r1;
    registers[2] = r2;
    registers[10] = push(*entry_, nullptr, registers.data());
    std::uint64_t result = execute(entry_->code(), registers.data());
    pop();
    result = end_with(result);
    finish(mode_ != Mode::fast);
    return result;
}

std::uint64_t InterpreterMachine::call(std::uint64_t function, std::uint64_t r1, std::uint64_t r2,
                                       std::uint64_t r3, std::uint64_t r4, std::uint64_t r5) {
    const Image* image = image_of(function);
    if (!image) {
        stop({TrapKind::bad_argument, "callback is not a function of the program", function, 0,
              false});
        return 0;
    }
    std::array<std::uint64_t, register_count> registers{0, r1, r2, r3, r4, r5};
    registers[10] = push(*image, nullptr, registers.data());
    if (stopped()) return 0;
    auto result = execute(reinterpret_cast<const Code*>(function), registers.data());
    pop();
    return result;
}

std::uint64_t InterpreterMachine::function(const ProgramSpec& program, std::uint32_t insn) const {
    for (const Image* image : programs_->images)
        if (image && &image->program() == &program)
            return reinterpret_cast<std::uint64_t>(image->code() + insn);
    return 0;
}

std::uint64_t InterpreterMachine::push(const Image& image, const Code* return_to,
                                       const std::uint64_t* registers) {
    if (open_ == max_frames) {
        stop({TrapKind::call_depth, fmt::format("more than {} frames", max_frames), 0, 0, false});
        return 0;
    }
    Frame& frame = frames_[open_++];
    frame.image = &image;
    frame.return_to = return_to;
    std::memcpy(frame.saved.data(), registers + 6, sizeof(frame.saved));
    frame.may_goto_left = max_may_goto;
    return frame_pointer();
}

bool InterpreterMachine::observe(const Image& image, const Code* pc,
                                 const std::uint64_t* registers) {
    if (invariants_->hold(*this, image, pc, registers)) return true;
    note_place(image, pc);
    return false;
}

bool InterpreterMachine::reads_zero(std::uint64_t address) {
    return memory().is_sparse(address) || (probes_memory(program().type) && !region_near(address));
}

void InterpreterMachine::note_wanted_write(std::uint64_t address, std::uint64_t bytes,
                                           const Writer& writer) {
    if (address - stack_begin() >= stack_bytes) writes_->note(address, bytes, writer);
}

std::uint64_t InterpreterMachine::call_noting_writes(const Helper& helper, const std::uint64_t* r,
                                                     const Writer& writer) {
    HelperWrites noted(*writes_, packet(), writer);
    const std::uint64_t result = helper_function(helper.id)(*this, r[1], r[2], r[3], r[4], r[5]);
    const bool stores =
        helper.args[1].type == ArgType::map_key && helper.args[2].type == ArgType::map_value;
    noted.finish(stores ? reinterpret_cast<Map*>(r[1]) : nullptr,
                 reinterpret_cast<const void*>(r[2]), world().world().cpu);
    return result;
}

std::uint64_t InterpreterMachine::call_helper(std::uint32_t id, const std::uint64_t* r,
                                              const Image& image, const Code* pc) {
    if (!interceptor()) return call_real_helper(id, r, image, pc);
    if (const auto result = interceptor()->begin(helper_callee(id), arguments_in(r)))
        return *result;
    const std::uint64_t number = interceptor()->number();
    const std::uint64_t result = call_real_helper(id, r, image, pc);
    interceptor()->finish(number, result);
    return result;
}

std::uint64_t InterpreterMachine::call_real_helper(std::uint32_t id, const std::uint64_t* r,
                                                   const Image& image, const Code* pc) {
    if (mode_ != Mode::fast &&
        !check_arguments(*this, *helper_by_id(id), std::span<const std::uint64_t, 5>(r + 1, 5)))
        return 0;
    if (writes_) return call_noting_writes(*helper_by_id(id), r, writer(image, pc));
    return helper_function(id)(*this, r[1], r[2], r[3], r[4], r[5]);
}

std::uint64_t InterpreterMachine::call_kfunc(const Callee& callee, const std::uint64_t* r) {
    if (interceptor()) return interceptor()->call(*this, callee, arguments_in(r));
    if (callee.function) return callee.function(*this, r[1], r[2], r[3], r[4], r[5]);
    stop({TrapKind::bad_call, "kernel functions cannot be called here", 0, 0, false});
    return 0;
}

std::uint64_t InterpreterMachine::call_missing_helper(std::uint32_t id, const std::uint64_t* r) {
    const Callee callee = helper_callee(id);
    if (interceptor() && !callee.name.empty())
        if (const auto result = interceptor()->begin(callee, arguments_in(r))) return *result;
    stop(
        {TrapKind::bad_call,
         fmt::format("helper {} does not exist or is not implemented",
                     callee.name.empty() ? fmt::to_string(id) : fmt::format("bpf_{}", callee.name)),
         0, 0, false});
    return 0;
}

std::uint64_t InterpreterMachine::call_helper_by_register(std::uint64_t value,
                                                          const std::uint64_t* r,
                                                          const Image& image, const Code* pc) {
    auto id = static_cast<std::uint32_t>(value);
    if (value == id && helper_by_id(id) && helper_function(id))
        return call_helper(id, r, image, pc);
    stop({TrapKind::bad_call,
          fmt::format("callx: {:#x} is neither a function of the program nor a helper", value),
          value, 0, false});
    return 0;
}

const Image* InterpreterMachine::tail_call(const std::uint64_t* r) {
    if (interceptor() &&
        interceptor()->begin(helper_callee(helper_named("tail_call")->id), arguments_in(r)))
        return nullptr;
    if (mode_ != Mode::fast && !check_arguments(*this, *helper_named("tail_call"),
                                                std::span<const std::uint64_t, 5>(r + 1, 5)))
        return nullptr;
    auto* map = reinterpret_cast<Map*>(r[2]);
    if (map->spec().type != MapType::prog_array) {
        stop({TrapKind::bad_argument,
              fmt::format("tail_call into map {}, which is no prog_array", map->spec().name), r[2],
              0, false});
        return nullptr;
    }
    auto program = static_cast<ProgArray*>(map)->program(static_cast<std::uint32_t>(r[3]));
    if (!program || tail_calls_ >= max_tail_calls) return nullptr;
    const Image* image =
        *program < programs_->images.size() ? programs_->images[*program] : nullptr;
    if (!image) return nullptr;
    ++tail_calls_;
    frame().may_goto_left = max_may_goto;
    return image;
}

const Image* InterpreterMachine::image_of(std::uint64_t function) const {
    for (const Image* image : programs_->images)
        if (image && image->is_function(function)) return image;
    return nullptr;
}

bool InterpreterMachine::knows_map(std::uint64_t address) const {
    return std::ranges::binary_search(programs_->maps, reinterpret_cast<Map*>(address));
}

}  // namespace bpftwin
