#include "tests/differential/report.h"

#include <algorithm>

#include "fmt/format.h"
#include "helpers/prototype.h"
#include "isa/disasm.h"
#include "tests/differential/shrink.h"

namespace bpftwin::differential {
namespace {

std::string hex(ByteView bytes) {
    std::string text;
    for (const std::byte byte : bytes) text += fmt::format("{:02x}", std::to_integer<int>(byte));
    return text;
}

std::string helper_name(std::int32_t id) {
    const Helper* helper = helper_by_id(static_cast<std::uint32_t>(id));
    return helper ? fmt::format("bpf_{}", helper->name) : std::string();
}

std::string describe(const MapSpec& map, std::size_t index) {
    std::string text =
        fmt::format("map {} {}: {}, key {}, value {}, entries {}\n", index, map.name,
                    name_of(map.type), map.key_size, map.value_size, map.max_entries);
    for (const MapSlot& slot : map.slots)
        text += fmt::format("  slot {} = {}\n", slot.index, slot.target);
    if (!map.contents.empty()) text += fmt::format("  contents {}\n", hex(map.contents));
    return text;
}

std::string describe(const ProgramSpec& program) {
    const auto listing = disassemble(program.insns, {.helper = helper_name});
    return fmt::format("program {} ({})\n{}", program.name, name_of(program.type),
                       listing ? *listing : listing.error().message + '\n');
}

std::string describe(const CaseRun& run) {
    std::string text =
        fmt::format("run {} {} times, cpu {}, random seed {:#x}", run.program, run.input.repeat,
                    run.input.world.cpu, run.input.world.random_seed.value_or(0));
    if (run.input.packet) text += fmt::format("\n  packet  {}", hex(*run.input.packet));
    if (run.input.context) text += fmt::format("\n  context {}", hex(*run.input.context));
    return text + '\n';
}

bool does_nothing(const ProgramSpec& program) { return program.insns == nothing(); }

}  // namespace

std::string describe(const Case& of) {
    std::string text;
    for (std::size_t i = 0; i < of.object.maps.size(); ++i) text += describe(of.object.maps[i], i);
    for (const ProgramSpec& program : of.object.programs)
        if (!does_nothing(program)) text += describe(program);
    for (const CaseRun& run : of.runs) text += describe(run);
    return text;
}

}  // namespace bpftwin::differential
