// The phase of maps: programs of maps.bpf.c, the JIT here against the running kernel's.
#include <algorithm>
#include <array>
#include <cstring>
#include <fstream>
#include <iterator>
#include <random>
#include <thread>

#include "bench/phases.h"
#include "bpftwin/bpftwin.h"
#include "bpftwin/edit.h"
#include "compare/timing.h"
#include "fmt/format.h"

namespace bpftwin::bench {
namespace {

/// How a map gets its contents before it is measured.
enum class Fill : std::uint8_t { nothing, numbers, long_numbers, prefixes };

struct MapCase {
    std::string_view program;
    std::string_view map;
    Fill fill;
};

constexpr auto map_cases = std::to_array<MapCase>({
    {"array_lookup", "array", Fill::numbers},
    {"array_update", "array", Fill::numbers},
    {"percpu_array_lookup", "percpu_array", Fill::numbers},
    {"hash_lookup", "hash", Fill::long_numbers},
    {"hash_update", "hash", Fill::long_numbers},
    {"hash_delete", "hash", Fill::long_numbers},
    {"percpu_hash_lookup", "percpu_hash", Fill::long_numbers},
    {"percpu_hash_update", "percpu_hash", Fill::long_numbers},
    {"lru_lookup", "lru", Fill::long_numbers},
    {"lru_update", "lru", Fill::long_numbers},
    {"lru_evict", "lru", Fill::long_numbers},
    {"trie_lookup", "trie", Fill::prefixes},
    {"trie_update", "trie", Fill::prefixes},
    {"ring_submit", "ring", Fill::nothing},
});
constexpr std::array<std::uint32_t, 3> entry_counts = {1, 1U << 16, 1U << 20};

template <class T>
Bytes raw_bytes(const T& value) {
    Bytes bytes(sizeof value);
    std::memcpy(bytes.data(), &value, sizeof value);
    return bytes;
}

Bytes stored_key(Fill fill, std::uint32_t index) {
    constexpr std::uint32_t spread = 0x9e3779b1;  // As in the programs.
    if (fill == Fill::long_numbers) return raw_bytes(std::uint64_t{index});
    if (fill == Fill::prefixes)
        return raw_bytes(std::array<std::uint32_t, 2>{32 - index % 9, index * spread});
    return raw_bytes(index);
}

Result<ObjectSpec> object_for(const MapCase& of, std::uint32_t entries) {
    std::ifstream file(BENCH_OBJECTS "/maps.bpf.o", std::ios::binary);
    const std::string text{std::istreambuf_iterator<char>(file), {}};
    if (!file) return fail("cannot read " BENCH_OBJECTS "/maps.bpf.o");
    auto object = load_elf(std::as_bytes(std::span(text)), "maps");
    if (!object) return object;
    for (ProgramSpec& program : object->programs) program.autoload = program.name == of.program;
    for (MapSpec& map : object->maps)
        if (map.name == of.map && map.type != MapType::ringbuf) map.max_entries = entries;
    // Reading an empty ring takes time as well.
    constexpr std::uint32_t unused_ring = 4096;
    for (MapSpec& map : object->maps)
        if (map.name != of.map && map.type == MapType::ringbuf) map.max_entries = unused_ring;
    const std::uint32_t mask = entries - 1;
    if (auto set = edit_global(*object, "mask", ByteView(raw_bytes(mask))); !set)
        return std::unexpected(set.error());
    return object;
}

// In random order: as a map fills in real life, not as its memory lies.
Result<void> fill_map(Instance& instance, const MapCase& of, std::uint32_t entries) {
    if (of.fill == Fill::nothing) return {};
    MapView* map = instance.map(of.map);
    if (!map) return fail(fmt::format("the object has no map {}", of.map));
    std::vector<std::uint32_t> order(entries);
    for (std::uint32_t i = 0; i < entries; ++i) order[i] = i;
    std::ranges::shuffle(order, std::mt19937(1));
    for (const std::uint32_t index : order)
        if (auto stored = map->update(stored_key(of.fill, index), {raw_bytes(std::uint64_t{1})}, 0);
            !stored)
            return stored;
    return {};
}

RunInput map_input(std::uint32_t cpu) {
    RunInput input;
    input.packet = Bytes(64);
    input.want_maps = false;
    input.world.cpu = cpu;
    return input;
}

Result<std::uint64_t> rounds_done(Instance& instance, std::string_view program) {
    const auto run = instance.run(program, map_input(0));
    if (!run) return std::unexpected(run.error());
    if (run->trap) return fail(run->trap->describe());
    return run->return_value;
}

/// Every round must succeed; of LRU maps it may be that a few keys were evicted already.
Result<void> check_rounds(Instance& instance, const MapCase& of) {
    const auto done = rounds_done(instance, of.program);
    if (!done) return std::unexpected(done.error());
    const std::uint64_t least = of.map == "lru" ? map_rounds / 2 : map_rounds;
    if (*done >= least && *done <= map_rounds) return {};
    return fail(fmt::format("{} of {} rounds succeeded", *done, map_rounds));
}

compare::Timed timed_operations(Instance& instance, std::string_view program) {
    return [&instance, program](std::size_t, std::uint32_t repeat) {
        RunInput input = map_input(0);
        return compare::time_runs(instance, program, input, repeat);
    };
}

compare::Measurement per_operation(compare::Measurement measured) {
    for (double* ns : {&measured.ns.median, &measured.ns.lower, &measured.ns.upper})
        *ns /= map_rounds;
    return measured;
}

/// How much more two threads get done than one does.
Result<double> scaling_of(Instance& instance, std::string_view program, std::uint32_t repeat) {
    RunInput alone = map_input(0);
    const auto one = compare::time_runs(instance, program, alone, repeat);
    if (!one) return one;
    std::array<Result<double>, 2> both;
    {
        std::array<std::jthread, 2> threads;
        for (std::uint32_t cpu = 0; cpu < 2; ++cpu)
            threads[cpu] = std::jthread([&, cpu] {
                const compare::Pin pin(cpu);
                RunInput input = map_input(cpu);
                both[cpu] = compare::time_runs(instance, program, input, repeat);
            });
    }
    for (const auto& each : both)
        if (!each) return each;
    return 2 * *one / std::max(*both[0], *both[1]);
}

Result<double> median_scaling(Instance& instance, std::string_view program, std::uint32_t repeat) {
    std::vector<double> all;
    for (int i = 0; i < 5; ++i) {
        const auto scaling = scaling_of(instance, program, repeat);
        if (!scaling) return scaling;
        all.push_back(*scaling);
    }
    return compare::summarize(std::move(all)).median;
}

Result<MapRow> measure_case(const MapCase& of, std::uint32_t entries, Engine& kernel, Engine& jit,
                            bool quick) {
    const auto object = object_for(of, entries);
    if (!object) return std::unexpected(object.error());
    const auto theirs = kernel.instantiate(*object, {});
    if (!theirs) return std::unexpected(theirs.error());
    const auto ours = jit.instantiate(*object, {.safety = Safety::unsafe, .metered = false});
    if (!ours) return std::unexpected(ours.error());
    for (Instance* instance : {theirs->get(), ours->get()}) {
        if (auto filled = fill_map(*instance, of, entries); !filled)
            return std::unexpected(filled.error());
        if (auto right = check_rounds(*instance, of); !right) return std::unexpected(right.error());
    }
    compare::Sampler sampler(
        {timed_operations(**theirs, of.program), timed_operations(**ours, of.program)});
    if (auto done = sampler.run({.rounds = quick ? 25U : 200U}); !done)
        return std::unexpected(done.error());
    MapRow row{.program = of.program,
               .entries = entries,
               .kernel = per_operation(sampler.measurements()[0]),
               .jit = per_operation(sampler.measurements()[1])};
    const auto their_scaling = median_scaling(**theirs, of.program, row.kernel.repeat);
    const auto our_scaling = median_scaling(**ours, of.program, row.jit.repeat);
    if (!their_scaling) return std::unexpected(their_scaling.error());
    if (!our_scaling) return std::unexpected(our_scaling.error());
    row.kernel_scaling = *their_scaling;
    row.jit_scaling = *our_scaling;
    return row;
}

}  // namespace

std::vector<MapBench> map_benches() {
    std::vector<MapBench> benches;
    for (const MapCase& of : map_cases)
        for (const std::uint32_t entries : entry_counts)
            if (of.map != "ring" || entries == 1) benches.push_back({of.program, entries});
    return benches;
}

Result<MapRow> measure_map(const MapBench& bench, Engine& kernel, Engine& jit, bool quick) {
    const auto* const of = std::ranges::find(map_cases, bench.program, &MapCase::program);
    return measure_case(*of, bench.entries, kernel, jit, quick);
}

}  // namespace bpftwin::bench
