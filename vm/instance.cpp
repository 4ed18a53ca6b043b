// Instantiation and runs in user space.
#include "vm/instance.h"

#include <algorithm>
#include <chrono>
#include <cstring>
#include <thread>

#include "fmt/format.h"
#include "vm/context.h"
#include "vm/interpreter.h"
#include "vm/packet.h"
#include "vm/trap.h"

namespace bpftwin {
namespace {

std::uint32_t cpu_count_of(const EngineOptions& options) {
    if (options.cpu_count != 0) return options.cpu_count;
    return std::max(1u, std::thread::hardware_concurrency());
}

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

InterpreterInstance::InterpreterInstance(const ObjectSpec& object, MapSet maps, Mode mode,
                                         std::uint32_t cpu_count)
    : object_(object), maps_(std::move(maps)), mode_(mode), cpu_count_(cpu_count) {
    prepare_programs();
}

Result<std::unique_ptr<Instance>> InterpreterInstance::create(const ObjectSpec& object,
                                                              const EngineOptions& options) {
    auto cpu_count = cpu_count_of(options);
    auto maps = MapSet::create(object, cpu_count);
    if (!maps) return std::unexpected(maps.error());
    auto mode = options.safety == Safety::checked ? Mode::checked : Mode::fast;
    return std::unique_ptr<Instance>(
        new InterpreterInstance(object, std::move(*maps), mode, cpu_count));
}

void InterpreterInstance::prepare_programs() {
    auto addresses = maps_.addresses();
    for (const ProgramSpec& program : object_.programs)
        prepared_.push_back(Image::prepare(program, addresses, handlers(mode_)));
    for (const auto& image : prepared_) images_.push_back(image ? &*image : nullptr);
    programs_ = {images_, maps_.by_address(), &maps_.memory()};
}

Result<const Image*> InterpreterInstance::image(std::string_view name) const {
    for (std::size_t i = 0; i < prepared_.size(); ++i) {
        if (object_.programs[i].name != name) continue;
        if (!prepared_[i]) return std::unexpected(prepared_[i].error());
        return images_[i];
    }
    return fail(fmt::format("no program '{}' in {}", name, object_.name));
}

Result<RunResult> InterpreterInstance::run(std::string_view program, const RunInput& input) {
    auto found = image(program);
    if (!found) return std::unexpected(found.error());
    if (input.world.cpu >= cpu_count_)
        return fail(
            fmt::format("cpu {} does not exist, there are {}", input.world.cpu, cpu_count_));
    return run_image(**found, input);
}

Result<RunResult> InterpreterInstance::run_image(const Image& image, const RunInput& input) {
    auto around = surroundings(image.program().type, input);
    if (!around) return std::unexpected(around.error().in("program " + image.program().name));
    Machine machine(mode_, programs_, image, input, around->packet.get(), around->context.get());
    RunResult result;
    auto begin = std::chrono::steady_clock::now();
    around->context->attach(machine.memory());
    for (std::uint32_t i = 0; i < std::max(1u, input.repeat) && !machine.stopped(); ++i) {
        if (i != 0) {
            if (input.cancelled && input.cancelled()) break;
            around->context->restart(machine.memory());
        }
        result.return_value = machine.run(around->context->address(), around->context->size());
    }
    result.duration_ns =
        static_cast<std::uint64_t>((std::chrono::steady_clock::now() - begin).count());
    result.insns = machine.executed();
    if (machine.stopped()) result.trap = trap_of(machine, object_.btf.get());
    result.packet = around->context->packet_afterwards();
    result.context = around->context->without_pointers();
    result.redirect = machine.effects().redirect;
    result.events = std::move(machine.effects().events);
    result.trace = std::move(machine.effects().trace);
    for (const auto& map : maps_.maps()) map->drain(result.events);
    if (input.want_maps)
        if (auto ok = collect_maps(result); !ok) return std::unexpected(ok.error());
    return result;
}

Result<void> InterpreterInstance::collect_maps(RunResult& result) {
    for (const auto& map : maps_.maps()) {
        auto entries = map->entries();
        if (!entries) return std::unexpected(entries.error().in("map " + map->spec().name));
        result.maps.push_back({map->spec().name, map->spec().type, std::move(*entries)});
    }
    return {};
}

namespace {

class Interpreter final : public Engine {
public:
    [[nodiscard]] std::string_view name() const override { return "interp"; }
    Result<std::unique_ptr<Instance>> instantiate(const ObjectSpec& object,
                                                  const EngineOptions& options) override {
        return InterpreterInstance::create(object, options);
    }
};

}  // namespace

std::unique_ptr<Engine> make_interpreter() { return std::make_unique<Interpreter>(); }

}  // namespace bpftwin
