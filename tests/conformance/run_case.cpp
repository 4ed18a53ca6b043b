// One run through the public API.
#include "tests/conformance/run_case.h"

namespace bpftwin::conformance {

ObjectSpec object_of(std::vector<Insn> program) {
    ProgramSpec spec;
    spec.name = "main";
    spec.insns = std::move(program);
    ObjectSpec object;
    object.name = "conformance";
    object.license = "GPL";
    object.programs.push_back(std::move(spec));
    return object;
}

Result<std::uint64_t> run_on(Engine& engine, const EngineOptions& options, const ObjectSpec& object,
                             const ProgramSpec& program, const Bytes& memory) {
    auto with = options;
    with.cpu_count = 1;
    auto instance = engine.instantiate(object, with);
    if (!instance) return std::unexpected(instance.error());
    RunInput input;
    input.world = World::fixed();
    input.want_maps = false;
    (program.type == ProgType::xdp ? input.packet : input.context) = memory;
    auto result = (*instance)->run(program.name, input);
    if (!result) return std::unexpected(result.error());
    if (result->trap) return fail(result->trap->describe());
    return result->return_value;
}

}  // namespace bpftwin::conformance
