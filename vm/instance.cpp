// Runs in user space: from input to surroundings, through a machine, to the result.
#include "vm/instance.h"

#include <sys/sysinfo.h>

#include <algorithm>
#include <set>

#include "fmt/format.h"
#include "helpers/maps/sharing.h"
#include "helpers/object_heap.h"
#include "helpers/timers.h"
#include "vm/constants.h"
#include "vm/context.h"
#include "vm/field_names.h"
#include "vm/hook.h"
#include "vm/interceptor.h"
#include "vm/kernel_objects.h"
#include "vm/packet.h"
#include "vm/trap.h"
#include "vm/write_log.h"

namespace bpftwin {
namespace {

/// What a run works on besides the machine: made from the input, remade for each repetition.
struct Surroundings {
    std::unique_ptr<Packet> packet;
    std::unique_ptr<Context> context;
    std::unique_ptr<KernelObjects> objects;
    Task task;  ///< As the objects have it.
};

/// Gives fields that hold addresses what they point to.
Result<void> place_memory(const RunInput& input, Surroundings& around) {
    for (const ContextField& field : input.fields) {
        if (!field.memory) continue;
        const std::uint64_t bytes = std::max<std::uint64_t>(1, field.memory->size());
        const std::uint64_t address = around.objects->memory().allocate(bytes, field.name);
        if (address == 0) return fail(fmt::format("no room for {} bytes", bytes), ENOMEM);
        std::ranges::copy(*field.memory, reinterpret_cast<std::byte*>(address));
        if (auto done = around.context->point(field.name, address); !done) return done;
    }
    return {};
}

/// Offsets in the context of what the input says of it.
std::set<std::uint32_t> offsets_given(const ContextLayout& layout, const RunInput& input) {
    std::set<std::uint32_t> offsets;
    for (const ContextField& field : input.fields)
        if (const ContextFieldInfo* known = layout.field(field.name)) offsets.insert(known->offset);
    return offsets;
}

Result<void> place_objects(const ProgramSpec& program, const RunInput& input,
                           Surroundings& around) {
    KernelObjects& objects = *around.objects;
    objects.memory().make_writable(true);  // That of users; most objects are only read.
    if (auto done = place_memory(input, around); !done) return done;
    objects.memory().make_writable(program.type == ProgType::struct_ops);
    const bool has_objects = !input.world.objects.empty();
    const bool is_typed = probes_memory(program.type) || program.type == ProgType::netfilter;
    if (objects.types() != nullptr && (is_typed || has_objects))
        objects.know_hook(hook_arguments(program, *objects.types()), around.context->bytes());
    for (const ObjectField& field : input.world.objects)
        if (auto done = objects.set(field); !done) return done;
    // A raw tracepoint's arguments have no types for its program, which reads them as numbers.
    const bool raw = program.type == ProgType::raw_tracepoint && !has_objects;
    if (objects.types() != nullptr && is_typed && !raw && !input.context)
        objects.complete_arguments(offsets_given(around.context->layout(), input));
    around.context->hide_pointers(objects.placed_offsets());
    around.context->remember();
    return {};
}

Result<Surroundings> surroundings(const ProgramSpec& program, const RunInput& input,
                                  const std::shared_ptr<const Btf>& types) {
    Surroundings result;
    if (context_layout(program.type).has_packet) {
        auto packet = Packet::create();
        if (!packet) return std::unexpected(packet.error());
        result.packet = std::move(*packet);
    }
    auto context = Context::create(program.type, input, result.packet.get());
    if (!context) return std::unexpected(context.error());
    result.context = std::make_unique<Context>(std::move(*context));
    auto tree = CgroupTree::create(input.world);
    if (!tree) return std::unexpected(tree.error());
    result.objects = std::make_unique<KernelObjects>(types, input.world.task, std::move(*tree));
    if (auto placed = place_objects(program, input, result); !placed)
        return std::unexpected(placed.error());
    result.task = result.objects->task();
    return result;
}

/// Objects of the kernel end with the run: no map goes on pointing at them.
void forget_pointers(Runtime& machine, const ObjectMemory& ending) {
    for (const std::uint64_t place : machine.kept_pointers()) {
        auto* pointer = reinterpret_cast<std::uint64_t*>(place);
        if (!machine.memory().allows(place, sizeof *pointer, true)) continue;
        if (ending.holds(*pointer, 1)) *pointer = 0;
    }
}

/// Runs the program as often as the input says, and what its timers call back then.
void execute(Machine& machine, Surroundings& around, const RunInput& input, RunResult& result) {
    const auto begin = std::chrono::steady_clock::now();
    around.context->attach(machine.memory());
    around.objects->memory().attach(machine.memory());
    for (std::uint32_t i = 0; i < std::max(1u, input.repeat) && !machine.stopped(); ++i) {
        if (i != 0) {
            if (input.cancelled && input.cancelled()) break;
            around.context->restart(machine.memory());
        }
        result.return_value = machine.run(around.context->address(), around.context->size());
    }
    result.duration_ns = nanoseconds_since(begin);
    if (!machine.stopped()) run_timers(machine, input.elapse_ns);
    forget_pointers(machine, around.objects->memory());
}

/// What the program did other than to its maps.
void take_effects(Effects& effects, const Surroundings& around, RunResult& result) {
    result.packet = around.context->packet_afterwards();
    result.context = around.context->without_pointers();
    result.redirect = effects.redirect;
    result.clones = std::move(effects.clones);
    result.socket = std::move(effects.socket);
    if (around.packet) result.tunnel = around.packet->skb().tunnel;
    result.events = std::move(effects.events);
    result.trace = std::move(effects.trace);
    result.signals = std::move(effects.signals);
    result.remote = std::move(effects.remote);
    result.sequence = std::move(effects.sequence);
    result.retval = effects.retval;
    result.override_return = effects.override_return;
}

}  // namespace

UserInstance::UserInstance(const ObjectSpec& object, MapSet maps, const EngineOptions& options)
    : object_(object),
      maps_(std::move(maps)),
      cpu_count_(cpu_count_of(options)),
      kernel_types_(options.kernel_types) {}

UserInstance::~UserInstance() { maps_.heap().timers().forget(object_.programs); }

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
    if (auto ready = prepare_for(input); !ready) return std::unexpected(ready.error());
    return run_program(*index, input);
}

Result<RunResult> UserInstance::run_program(std::size_t index, const RunInput& given) {
    const ProgramSpec& program = object_.programs[index];
    std::optional<RunInput> named;
    if (context_layout(program.type).is_bytes() && !given.fields.empty()) {
        named = given;
        const auto record = record_fields(program, object_.btf.get(), kernel_types_.get());
        if (auto done = resolve_fields(named->fields, program.type, record); !done)
            return std::unexpected(done.error().in("program " + program.name));
    }
    const RunInput& input = named ? *named : given;
    auto around = surroundings(program, input, kernel_types_);
    if (!around) return std::unexpected(around.error().in("program " + program.name));
    auto machine = this->machine(index, input, around->packet.get(), around->context.get());
    machine->surround(*around->objects);
    machine->surround(maps_.heap(), object_.btf);
    if (!input.world.objects.empty()) machine->world().become(around->task);
    std::optional<Interceptor> interceptor;
    if (is_intercepted(input)) {
        auto made = Interceptor::create(input, kfuncs_of(object_));
        if (!made) return std::unexpected(made.error());
        interceptor.emplace(std::move(*made));
        machine->intercept(*interceptor);
    }
    RunResult result;
    execute(*machine, *around, input, result);
    result.insns = machine->executed();
    result.claims_held = machine->claims_held();
    if (machine->stopped()) result.trap = trap_of(*machine, object_.btf.get());
    take_effects(machine->effects(), *around, result);
    if (interceptor) {
        result.calls = std::move(interceptor->calls());
        result.calls_that_can_fail = interceptor->calls_that_can_fail();
    }
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
