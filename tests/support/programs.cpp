// Short ways to objects, programs and runs for tests.
#include "tests/support/programs.h"

#include <algorithm>
#include <stdexcept>

#include "fmt/format.h"
#include "isa/assembler.h"

namespace bpftwin::test {

ProgramSpec assembled(std::string_view text, ProgType type, std::string name) {
    auto insns = assemble(text);
    if (!insns) throw std::runtime_error("assembler: " + insns.error().message);
    return {.name = std::move(name), .section = "test", .type = type, .insns = std::move(*insns)};
}

ProgramSpec counting_program(unsigned map, ProgType type) {
    return assembled(fmt::format(R"(
        *(u32 *)(r10 -4) = 0
        r1 = map[fd:{}]
        r2 = r10
        r2 += -4
        call 1
        if r0 == 0 goto out
        r1 = 1
        lock *(u64 *)(r0 +0) += r1
        r0 = *(u64 *)(r0 +0)
        out: exit)",
                                 map),
                     type);
}

ObjectSpec object_of(std::vector<ProgramSpec> programs, std::vector<MapSpec> maps) {
    return {
        .name = "test", .license = "GPL", .maps = std::move(maps), .programs = std::move(programs)};
}

std::unique_ptr<Instance> instantiated(const EngineCase& engine, const ObjectSpec& object) {
    auto instance = engine.make()->instantiate(object, engine.options);
    if (!instance) throw std::runtime_error("instantiate: " + instance.error().message);
    return std::move(*instance);
}

RunResult run_first(const EngineCase& engine, const ObjectSpec& object, RunInput input) {
    auto network = std::move(input.world.network);
    input.world = World::fixed();
    input.world.network = std::move(network);
    auto result = instantiated(engine, object)->run(object.programs.at(0).name, input);
    if (!result) throw std::runtime_error("run: " + result.error().message);
    return std::move(*result);
}

Bytes bytes_of(std::string_view text) {
    Bytes bytes(text.size());
    std::ranges::transform(text, bytes.begin(), [](char c) { return static_cast<std::byte>(c); });
    return bytes;
}

Bytes bytes_of(std::initializer_list<unsigned> values) {
    Bytes bytes(values.size());
    std::ranges::transform(values, bytes.begin(),
                           [](unsigned v) { return static_cast<std::byte>(v); });
    return bytes;
}

}  // namespace bpftwin::test
