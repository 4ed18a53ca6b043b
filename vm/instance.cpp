// Runs in user space: from input to surroundings, through a machine, to the result.
#include "vm/instance.h"

#include <sys/sysinfo.h>

#include <algorithm>

#include "fmt/format.h"
#include "helpers/maps/sharing.h"
#include "vm/context.h"
#include "vm/packet.h"
#include "vm/trap.h"
#include "vm/write_log.h"

namespace bpftwin {
namespace {

/// What a run works on besides the machine: made from the input, remade for each repetition.
struct Surroundings {
    std::unique_ptr<Packet> packet;
    std::unique_ptr<Context> context;
};

Result<Surroundings> surroundings(ProgType type, const RunInput& input) {
    Surroundings result;
    if (context_layout(type).has_packet) {
        auto packet = Packet::create();
        if (!packet) return std::unexpected(packet.error());
        result.packet = std::move(*packet);
    }
    auto context = Context::create(type, input, result.packet.get());
    if (!context) return std::unexpected(context.error());
    result.context = std::make_unique<Context>(std::move(*context));
    return result;
}

}  // namespace

std::uint32_t cpu_count_of(const EngineOptions& options) {
    if (options.cpu_count != 0) return options.cpu_count;
    static const int cpus = std::max(1, get_nprocs_conf());  // It reads a file.
    return static_cast<std::uint32_t>(cpus);
}

std::uint64_t nanoseconds_since(std::chrono::steady_clock::time_point begin) {
    const std::chrono::nanoseconds time = std::chrono::steady_clock::now() - begin;
    return static_cast<std::uint64_t>(time.count());
}

Result<std::size_t> UserInstance::index_of(std::string_view name) const {
    const auto found = std::ranges::find(object_.programs, name, &ProgramSpec::name);
    if (found == object_.programs.end())
        return fail(fmt::format("no program '{}' in {}", name, object_.name));
    return static_cast<std::size_t>(found - object_.programs.begin());
}

std::shared_ptr<MapView> UserInstance::shared_map(std::string_view name) {
    const auto index = index_of_map(object_, name);
    return index ? maps_.maps()[*index] : nullptr;
}

Result<CodeInfo> UserInstance::code_info(std::string_view program) const {
    const auto index = index_of(program);
    if (!index) return std::unexpected(index.error());
    return prepared(*index);
}

Result<RunResult> UserInstance::run(std::string_view program, const RunInput& input) {
    const auto index = index_of(program);
    if (!index) return std::unexpected(index.error());
    if (auto ready = prepared(*index); !ready) return std::unexpected(ready.error());
    if (input.world.cpu >= cpu_count_)
        return fail(
            fmt::format("cpu {} does not exist, there are {}", input.world.cpu, cpu_count_));
    return run_program(*index, input);
}

Result<RunResult> UserInstance::run_program(std::size_t index, const RunInput& input) {
    const ProgramSpec& program = object_.programs[index];
    auto around = surroundings(program.type, input);
    if (!around) return std::unexpected(around.error().in("program " + program.name));
    auto machine = this->machine(index, input, around->packet.get(), around->context.get());
    RunResult result;
    auto begin = std::chrono::steady_clock::now();
    around->context->attach(machine->memory());
    for (std::uint32_t i = 0; i < std::max(1u, input.repeat) && !machine->stopped(); ++i) {
        if (i != 0) {
            if (input.cancelled && input.cancelled()) break;
            around->context->restart(machine->memory());
        }
        result.return_value = machine->run(around->context->address(), around->context->size());
    }
    result.duration_ns = nanoseconds_since(begin);
    result.insns = machine->executed();
    result.claims_held = machine->claims_held();
    if (machine->stopped()) result.trap = trap_of(*machine, object_.btf.get());
    result.packet = around->context->packet_afterwards();
    result.context = around->context->without_pointers();
    result.redirect = machine->effects().redirect;
    result.clones = std::move(machine->effects().clones);
    result.socket = std::move(machine->effects().socket);
    if (around->packet) result.tunnel = around->packet->skb().tunnel;
    result.events = std::move(machine->effects().events);
    result.trace = std::move(machine->effects().trace);
    for (const auto& map : maps_.maps()) map->drain(result.events);
    if (const WriteLog* log = machine->writes())
        result.writes = last_writes({.log = *log,
                                     .packet = around->packet.get(),
                                     .packet_size = result.packet ? result.packet->size() : 0,
                                     .context = *around->context,
                                     .maps = maps_.maps(),
                                     .cpu = input.world.cpu,
                                     .btf = object_.btf.get()});
    if (input.want_maps)
        if (auto ok = collect_maps(result); !ok) return std::unexpected(ok.error());
    return result;
}

Result<void> UserInstance::collect_maps(RunResult& result) {
    for (std::size_t i = 0; i < object_.maps.size(); ++i) {
        const MapSpec& map = object_.maps[i];
        auto entries = maps_.maps()[i]->entries();
        if (!entries) return std::unexpected(entries.error().in("map " + map.name));
        result.maps.push_back({map.name, map.type, std::move(*entries)});
    }
    return {};
}

}  // namespace bpftwin
