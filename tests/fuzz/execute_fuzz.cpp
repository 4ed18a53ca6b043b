// Checked execution: any valid program, on any input, ends with a result or a trap. The bytes are
// read as a recipe: a program type, then one instruction of the table for every eight bytes, with
// its operand fields taken from the bytes and everything else made valid. Registers begin with what
// helpers want, so that calls get past their arguments: r1 and r6 hold the context, r2, r4 and r7
// stack memory, r3 and r5 a size, r8 a map, r9 the map's first value or null.
#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <span>

#include "bpftwin/bpftwin.h"
#include "isa/builder.h"
#include "isa/encode.h"
#include "isa/op.h"
#include "vm/context.h"

namespace {

using namespace bpftwin;

constexpr std::size_t max_insns = 512;
constexpr unsigned map_count = 8;

std::vector<MapSpec> maps() {
    return {
        {.name = "array",
         .type = MapType::array,
         .key_size = 4,
         .value_size = 24,
         .max_entries = 4},
        {.name = "hash", .type = MapType::hash, .key_size = 4, .value_size = 8, .max_entries = 3},
        {.name = "lru",
         .type = MapType::lru_hash,
         .key_size = 8,
         .value_size = 8,
         .max_entries = 2},
        {.name = "cpus",
         .type = MapType::percpu_array,
         .key_size = 4,
         .value_size = 8,
         .max_entries = 2},
        {.name = "progs",
         .type = MapType::prog_array,
         .key_size = 4,
         .value_size = 4,
         .max_entries = 2,
         .slots = {{1, "fuzz"}}},
        {.name = "perf",
         .type = MapType::perf_event_array,
         .key_size = 4,
         .value_size = 4,
         .max_entries = 2},
        {.name = "ring", .type = MapType::ringbuf, .max_entries = 4096},
        {.name = "devs", .type = MapType::devmap, .key_size = 4, .value_size = 4, .max_entries = 2},
    };
}

/// A valid instruction out of eight bytes; what has a target points inside `length`.
Insn instruction(const std::uint8_t* bytes, std::size_t pc, std::size_t length) {
    const OpInfo& op = op_table[bytes[0] % op_count];
    Insn raw;
    std::memcpy(&raw, bytes, sizeof raw);
    Operands operands;
    if (has(op.operands, dst_field)) operands.dst = raw.dst % register_count;
    if (has(op.operands, src_field)) operands.src = raw.src % register_count;
    if (has(op.operands, off_field)) operands.off = raw.off;
    if (has(op.operands, imm_field)) operands.imm = raw.imm;
    if (op.op == Op::call_helper) operands.imm = bytes[4];
    if (op.family == Family::lddw && op.op != Op::lddw) operands.imm = bytes[4] % map_count;
    Insn result = insn(op.op, operands);
    if (target_field(op.op) != no_field) {
        auto target = static_cast<std::int64_t>(static_cast<std::uint32_t>(raw.imm) % length);
        aim(result, op.op, target - static_cast<std::int64_t>(pc) - 1);
    }
    return result;
}

std::vector<Insn> prologue(std::int32_t map) {
    using namespace build;
    return build::program({mov(r6, r1), mov(r7, r10), add(r7, -256), stw(r7, 0, 1),
                           lddw_map(r8, map), mov(r1, r8), mov(r2, r7), call(1), mov(r9, r0),
                           mov(r1, r6), mov(r2, r7), mov(r3, 16), mov(r4, r7), mov(r5, 16)});
}

std::vector<Insn> program(std::int32_t map, std::span<const std::uint8_t> bytes) {
    std::size_t length = std::min(bytes.size() / 8, max_insns);
    auto insns = prologue(map);
    auto begin = insns.size();
    for (std::size_t pc = 0; pc < length; ++pc) {
        Insn insn = instruction(bytes.data() + 8 * pc, pc, length);
        insns.push_back(insn);
        if (insn.code != info(Op::lddw).code || insns.size() - begin == length) continue;
        insns.push_back({});
        ++pc;
    }
    return insns;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    if (size < 3) return 0;
    ProgramSpec fuzz{.name = "fuzz",
                     .type = static_cast<ProgType>(data[0] % 33),
                     .insns = program(data[2] % map_count, {data + 3, size - 3})};
    ObjectSpec object{.name = "fuzz", .maps = maps(), .programs = {std::move(fuzz)}};
    auto instance = make_interpreter()->instantiate(object, {.cpu_count = 2});
    if (!instance) __builtin_trap();
    RunInput input{.packet = Bytes(data[1]), .world = World::fixed(), .repeat = 2, .budget = 3000};
    if (!context_layout(object.programs[0].type).has_packet) input.packet.reset();
    (void)(*instance)->run("fuzz", input);
    return 0;
}
