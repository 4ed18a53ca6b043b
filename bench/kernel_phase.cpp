// The phase that has a kernel's JIT as opponent: one object for both, verified by the kernel.
#include <cstring>

#include "bench/phases.h"
#include "fmt/format.h"

namespace bpftwin::bench {
namespace {

const Bytes the_key(sizeof(std::uint32_t));  // Of the only value of a map of globals.

RunInput run_input(std::uint32_t repeat) {
    RunInput input;
    input.packet = Bytes(64);
    input.repeat = repeat;
    input.want_maps = false;
    return input;
}

Result<MapView*> map_of(Instance& instance, std::string_view name) {
    if (MapView* map = instance.map(name)) return map;
    return fail(fmt::format("the object has no map {}", name));
}

Result<std::uint64_t> result_of(Instance& instance, std::string_view program) {
    const auto run = instance.run(program, run_input(1));
    if (!run) return std::unexpected(run.error());
    if (run->trap) return fail(run->trap->describe());
    const auto map = map_of(instance, verified_result_map);
    if (!map) return std::unexpected(map.error());
    const auto values = (*map)->lookup(the_key);
    if (!values) return std::unexpected(values.error());
    std::uint64_t result = 0;
    std::memcpy(&result, values->front().data(), sizeof result);
    return result;
}

/// Gives the program its input and checks what it makes of it.
Result<void> prepare(Instance& instance, const Program& program, const Bytes& input) {
    const auto map = map_of(instance, verified_input_map);
    if (!map) return std::unexpected(map.error());
    if (auto stored = (*map)->update(the_key, {input}, 0); !stored) return stored;
    const auto result = result_of(instance, program.name);
    if (!result) return std::unexpected(result.error());
    const std::uint64_t expected = run_native(program, input);
    if (*result == expected) return {};
    return fail(fmt::format("returned {:#x}, expected {:#x}", *result, expected));
}

compare::Timed timed(Instance& instance, std::string_view program) {
    return [&instance, program](std::size_t, std::uint32_t repeat) {
        RunInput input = run_input(repeat);
        return compare::time_runs(instance, program, input, repeat);
    };
}

}  // namespace

Result<KernelRow> measure_kernel(const Program& program, Engine& kernel, Engine& jit, bool quick) {
    const auto object = verified_object_of(program);
    if (!object) return std::unexpected(object.error());
    const auto theirs = kernel.instantiate(*object, {});
    if (!theirs) return std::unexpected(theirs.error());
    KernelRow row{.program = program.name};
    if (const auto taken = (*theirs)->code_info(program.name); !taken) {
        row.refusal = taken.error().message;
        return row;
    }
    const auto ours = jit.instantiate(*object, {.safety = Safety::unsafe, .metered = false});
    if (!ours) return std::unexpected(ours.error());
    const Bytes input = make_input(program.input, program.verified_size, 1);
    for (Instance* instance : {theirs->get(), ours->get()})
        if (auto ready = prepare(*instance, program, input); !ready)
            return std::unexpected(ready.error());
    compare::Sampler sampler({timed(**theirs, program.name), timed(**ours, program.name)});
    if (auto done = sampler.run({.rounds = rounds(quick)}); !done)
        return std::unexpected(done.error());
    row.kernel = sampler.measurements()[0];
    row.jit = sampler.measurements()[1];
    return row;
}

}  // namespace bpftwin::bench
