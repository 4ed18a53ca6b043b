#include "tests/conformance/kernel_case.h"

#include <algorithm>
#include <cstring>

#include "isa/builder.h"

namespace bpftwin::conformance {
namespace {

using namespace build;

constexpr std::size_t least_packet = 14;  // A test-run wants an Ethernet header.

std::vector<Insn> wrapped(const DataFile& file) {
    const auto size = static_cast<std::int32_t>(file.memory.size());
    auto insns = build::program({
        ldxw(r2, r1, 4),  // data_end
        ldxw(r1, r1, 0),  // data
        mov(r3, r1),
        add(r3, size),
        jgt(r3, r2, "short"),
        mov(r2, size),
        mov(r3, 0),
        call_local("case"),
        lddw_map_value(r1, 0, 0),
        stxdw(r1, 0, r0),
        build::label("short"),
        mov(r0, 2),
        build::exit(),
        build::label("case"),
        build::exit(),
    });
    insns.pop_back();  // Its place is where the case begins.
    insns.insert(insns.end(), file.program.begin(), file.program.end());
    return insns;
}

}  // namespace

ObjectSpec verified_object_of(const DataFile& file) {
    ProgramSpec program;
    program.name = "main";
    program.type = ProgType::xdp;
    program.insns = wrapped(file);
    ObjectSpec object;
    object.name = file.name;
    object.license = "GPL";
    object.maps = {{.name = "result",
                    .type = MapType::array,
                    .key_size = 4,
                    .value_size = sizeof(std::uint64_t),
                    .max_entries = 1}};
    object.programs.push_back(std::move(program));
    return object;
}

Result<std::uint64_t> run_verified(Engine& engine, const DataFile& file) {
    const auto instance = engine.instantiate(verified_object_of(file), {.safety = Safety::checked});
    if (!instance) return std::unexpected(instance.error());
    RunInput input;
    input.world = World::fixed();
    input.packet = file.memory;
    input.packet->resize(std::max(file.memory.size(), least_packet));
    const auto run = (*instance)->run("main", input);
    if (!run) return std::unexpected(run.error());
    if (run->trap) return fail(run->trap->describe());
    const auto values = (*instance)->map("result")->lookup(Bytes(4));
    if (!values) return std::unexpected(values.error());
    std::uint64_t r0 = 0;
    std::memcpy(&r0, values->front().data(), sizeof r0);
    return r0;
}

}  // namespace bpftwin::conformance
