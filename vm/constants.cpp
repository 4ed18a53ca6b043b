// Checks and constants that every engine in user space needs.
#include "vm/constants.h"

#include "fmt/format.h"
#include "isa/decode.h"

namespace bpftwin {

Result<void> check_externs(const ProgramSpec& program) {
    for (const ExternReference& reference : program.externs) {
        if (reference.state == ExternState::failed)
            return fail(fmt::format("insn {}: extern {}: {}", reference.insn, reference.name,
                                    reference.why));
        if (reference.state == ExternState::open)
            return fail(
                fmt::format("insn {}: extern {} was not resolved: resolve_externs does it, with "
                            "what a kernel has",
                            reference.insn, reference.name));
    }
    return {};
}

std::string_view kfunc_name(const ProgramSpec& program, std::uint32_t insn) {
    for (const ExternReference& reference : program.externs)
        if (reference.insn == insn) return reference.name;
    return {};
}

std::vector<std::string> kfuncs_of(const ObjectSpec& object) {
    std::vector<std::string> names;
    for (const ExternSpec& spec : object.externs)
        if (spec.kind == ExternSpec::Kind::function) names.push_back(spec.name);
    return names;
}

std::optional<KernelPlace> kernel_symbol_at(const ProgramSpec& program, std::uint64_t address) {
    for (const ExternReference& reference : program.externs) {
        const auto slots = std::span(program.insns).subspan(reference.insn);
        const auto op = decode(slots[0]);
        if (op != Op::lddw && op != Op::lddw_btf_id) continue;
        const std::uint64_t offset = address - constant_of(*op, slots, {}).value_or(0);
        if (offset < kernel_symbol_room) return KernelPlace{reference.name, offset};
    }
    return std::nullopt;
}

namespace {

Result<void> check_core_relocations(const ProgramSpec& program) {
    for (const CoreRelocation& relocation : program.core_relocations) {
        if (relocation.state == CoreState::failed)
            return fail(
                fmt::format("insn {}: CO-RE relocation: {}", relocation.insn, relocation.why));
        if (relocation.state == CoreState::open)
            return fail(
                fmt::format("insn {}: CO-RE relocation that was not resolved: resolve_core "
                            "does it, with the types of a kernel",
                            relocation.insn));
    }
    return {};
}

Result<void> check_maps(const ProgramSpec& program) {
    if (program.unnamed_maps.empty()) return {};
    const std::uint32_t insn = program.unnamed_maps.front();
    return fail(
        fmt::format("insn {}: loads the map of descriptor {}, which the object does not name; "
                    "declare the map in SEC(\".maps\")",
                    insn, program.insns[insn].imm));
}

}  // namespace

Result<std::vector<Op>> decode_runnable(const ProgramSpec& program) {
    if (auto ok = check_externs(program); !ok) return std::unexpected(ok.error());
    if (auto ok = check_core_relocations(program); !ok) return std::unexpected(ok.error());
    if (auto ok = check_maps(program); !ok) return std::unexpected(ok.error());
    if (program.insns.empty()) return fail("has no instructions");
    return decode_program(program.insns);
}

Result<std::uint64_t> constant_of(Op op, std::span<const Insn> slots,
                                  std::span<const MapAddress> maps) {
    auto index = static_cast<std::uint32_t>(slots[0].imm);
    bool is_map = op != Op::lddw && op != Op::lddw_btf_id;
    if (is_map && index >= maps.size())
        return fail(fmt::format("map {} does not exist, the object has {}", index, maps.size()));
    switch (static_cast<unsigned>(slots[0].src)) {
        case pseudo::map_fd:
        case pseudo::map_idx: return maps[index].map;
        case pseudo::map_value:
        case pseudo::map_idx_value:
            if (maps[index].values == 0)
                return fail(
                    fmt::format("map {} has no values that can be addressed directly", index));
            return maps[index].values + static_cast<std::uint32_t>(slots[1].imm);
        case pseudo::btf_id: return kernel_address(index);
        default: return lddw_value(slots[0], slots[1]);
    }
}

}  // namespace bpftwin
