#include "jit/calls.h"

#include "fmt/format.h"
#include "helpers/map.h"
#include "helpers/maps/prog_array.h"
#include "jit/machine.h"
#include "vm/interceptor.h"

namespace bpftwin::jit {
namespace {

JitMachine& machine_of(Runtime& runtime) { return static_cast<JitMachine&>(runtime); }

}  // namespace

std::uint64_t call_by_register(Runtime& runtime, std::uint64_t r1, std::uint64_t r2,
                               std::uint64_t r3, std::uint64_t r4, std::uint64_t r5) {
    JitMachine& machine = machine_of(runtime);
    const std::uint64_t value = machine.callx_operand();
    if (machine.is_function(value)) return machine.call(value, r1, r2, r3, r4, r5);
    const auto id = static_cast<std::uint32_t>(value);
    const HelperFunction helper = value == id ? helper_function(id) : nullptr;
    if (helper && machine.interceptor())
        return machine.interceptor()->call(runtime, helper_callee(id), {r1, r2, r3, r4, r5});
    if (helper) return helper(runtime, r1, r2, r3, r4, r5);
    runtime.stop(
        {TrapKind::bad_call,
         fmt::format("callx: {:#x} is neither a function of the program nor a helper", value),
         value, 0, false});
    return 0;
}

std::uint64_t intercepted_call(Runtime& runtime, std::uint64_t r1, std::uint64_t r2,
                               std::uint64_t r3, std::uint64_t r4, std::uint64_t r5) {
    JitMachine& machine = machine_of(runtime);
    return machine.interceptor()->call(runtime, machine.callee(), {r1, r2, r3, r4, r5});
}

std::uint64_t tail_call_target(Runtime& runtime, std::uint64_t context, std::uint64_t map_address,
                               std::uint64_t index, std::uint64_t, std::uint64_t) {
    JitMachine& machine = machine_of(runtime);
    if (machine.interceptor() &&
        machine.interceptor()->begin(machine.callee(), {context, map_address, index, 0, 0}))
        return 0;
    auto* map = reinterpret_cast<Map*>(map_address);
    if (!machine.knows_map(map_address) || map->spec().type != MapType::prog_array) {
        runtime.stop({TrapKind::bad_argument, "tail_call into what is no prog_array", map_address,
                      0, false});
        return 0;
    }
    const auto program =
        static_cast<const ProgArray*>(map)->program(static_cast<std::uint32_t>(index));
    return reinterpret_cast<std::uint64_t>(machine.take_tail_call(program));
}

std::uint64_t load_packet(Runtime& runtime, std::uint64_t offset, std::uint64_t bytes,
                          std::uint64_t, std::uint64_t, std::uint64_t) {
    std::uint64_t value = 0;
    const bool inside = machine_of(runtime).load_packet(static_cast<std::int32_t>(offset),
                                                        static_cast<unsigned>(bytes), value);
    return inside ? value : no_packet_load;
}

}  // namespace bpftwin::jit
