#include "vm/hook.h"

#include <array>
#include <optional>

#include "fmt/format.h"
#include "vm/context.h"

namespace bpftwin {
namespace {

constexpr std::uint32_t slot_size = 8;

/// A prototype and how many of its first parameters programs do not get.
struct Prototype {
    const BtfType* type = nullptr;
    std::uint32_t hidden = 0;
};

const BtfType* prototype_at(const Btf& kernel, std::uint32_t id) {
    const BtfType& type = kernel.type(kernel.resolve(id));
    return type.kind == BtfKind::func_proto ? &type : nullptr;
}

std::optional<Prototype> function(const Btf& kernel, std::string_view name,
                                  std::uint32_t hidden = 0) {
    const auto id = kernel.find(name, BtfKind::func);
    const BtfType* type = id ? prototype_at(kernel, kernel.type(*id).type) : nullptr;
    return type ? std::optional(Prototype{type, hidden}) : std::nullopt;
}

// The function that calls a tracepoint's programs names its parameters, the typedef does not.
std::optional<Prototype> tracepoint(const Btf& kernel, std::string_view name) {
    if (auto named = function(kernel, fmt::format("__traceiter_{}", name), 1)) return named;
    const auto id = kernel.find(fmt::format("btf_trace_{}", name), BtfKind::typedef_);
    if (!id) return std::nullopt;
    const BtfType& pointer = kernel.type(kernel.resolve(*id));
    const BtfType* type = prototype_at(kernel, pointer.type);
    return type ? std::optional(Prototype{type, 1}) : std::nullopt;
}

std::optional<Prototype> callback(const Btf& kernel, const ProgramSpec& program) {
    if (!program.struct_ops) return std::nullopt;
    const std::string& full = program.struct_ops->type;
    const auto id = kernel.find(full.substr(0, full.find("___")), BtfKind::struct_);
    if (!id) return std::nullopt;
    for (const BtfMember& member : kernel.members(kernel.type(*id))) {
        if (member.name != program.struct_ops->name) continue;
        const BtfType* type = prototype_at(kernel, kernel.type(kernel.resolve(member.type)).type);
        if (type) return Prototype{type};
    }
    return std::nullopt;
}

std::optional<Prototype> traced(const Btf& kernel, const ProgramSpec& program) {
    switch (program.expected_attach_type.value_or(AttachType::trace_fentry)) {
        case AttachType::trace_raw_tp: return tracepoint(kernel, program.attach_target);
        case AttachType::trace_iter:
            return function(kernel, fmt::format("bpf_iter_{}", program.attach_target));
        default: return function(kernel, program.attach_target);
    }
}

std::optional<Prototype> prototype(const Btf& kernel, const ProgramSpec& program) {
    const std::string& target = program.attach_target;
    if (program.type == ProgType::struct_ops) return callback(kernel, program);
    if (target.empty()) return std::nullopt;
    switch (program.type) {
        case ProgType::tracing: return traced(kernel, program);
        case ProgType::lsm: return function(kernel, fmt::format("bpf_lsm_{}", target));
        case ProgType::raw_tracepoint:
        case ProgType::raw_tracepoint_writable: return tracepoint(kernel, target);
        case ProgType::kprobe: return function(kernel, target.substr(0, target.find('+')));
        default: return std::nullopt;
    }
}

/// Where a kprobe finds argument `number`; nothing for those on the stack.
std::optional<std::uint32_t> register_offset(std::size_t number) {
    constexpr auto names =
        std::to_array<std::string_view>({"parm1", "parm2", "parm3", "parm4", "parm5", "parm6"});
    if (number >= names.size()) return std::nullopt;
    const ContextFieldInfo* field = context_layout(ProgType::kprobe).field(names[number]);
    return field ? std::optional<std::uint32_t>(field->offset) : std::nullopt;
}

/// A context that is a struct of pointers to objects.
std::vector<HookArgument> members_of(const Btf& kernel, std::string_view name) {
    std::vector<HookArgument> arguments;
    if (const auto id = kernel.find(name, BtfKind::struct_))
        for (const BtfMember& member : kernel.members(kernel.type(*id)))
            arguments.push_back({member.name, member.type, member.bit_offset / 8});
    return arguments;
}

}  // namespace

std::vector<HookArgument> hook_arguments(const ProgramSpec& program, const Btf& kernel) {
    if (program.type == ProgType::netfilter) return members_of(kernel, "bpf_nf_ctx");
    const auto found = prototype(kernel, program);
    if (!found) return {};
    std::vector<HookArgument> arguments;
    std::uint32_t slot = 0;
    for (const BtfParam& parameter : kernel.params(*found->type)) {
        const auto size = kernel.size_of(parameter.type).value_or(0);
        const auto place = program.type == ProgType::kprobe ? register_offset(slot)
                                                            : std::optional(slot * slot_size);
        if (size == 0 || !place) break;
        arguments.push_back({parameter.name, parameter.type, *place});
        slot += static_cast<std::uint32_t>((size + slot_size - 1) / slot_size);
    }
    const std::size_t hidden = std::min<std::size_t>(found->hidden, arguments.size());
    arguments.erase(arguments.begin(), arguments.begin() + static_cast<std::ptrdiff_t>(hidden));
    for (HookArgument& argument : arguments) argument.offset -= found->hidden * slot_size;
    return arguments;
}

}  // namespace bpftwin
