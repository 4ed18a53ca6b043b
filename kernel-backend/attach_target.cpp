#include "kernel-backend/attach_target.h"

#include <algorithm>
#include <cerrno>
#include <string>

#include "fmt/format.h"

namespace bpftwin::kernel {
namespace {

/// How a target's type is called (libbpf, find_kernel_btf_id).
struct TargetName {
    std::string name;
    BtfKind kind;
};

std::optional<TargetName> target_name(const ProgramSpec& program) {
    const std::string& target = program.attach_target;
    switch (program.type) {
        case ProgType::lsm: return TargetName{"bpf_lsm_" + target, BtfKind::func};
        case ProgType::tracing: break;
        default: return std::nullopt;
    }
    const auto attach = program.expected_attach_type.value_or(AttachType::trace_fentry);
    if (attach == AttachType::trace_raw_tp)
        return TargetName{"btf_trace_" + target, BtfKind::typedef_};
    if (attach == AttachType::trace_iter) return TargetName{"bpf_iter_" + target, BtfKind::func};
    return TargetName{target, BtfKind::func};
}

/// A struct's name without what tells its definitions apart ("___v2"), as CO-RE has it.
std::string_view without_flavour(std::string_view name) { return name.substr(0, name.find("___")); }

Result<AttachTarget> struct_ops_target(const std::string& release, const Btf& types,
                                       const StructOpsMember& wanted) {
    const std::string_view name = without_flavour(wanted.type);
    const auto id = types.find(name, BtfKind::struct_);
    if (!id) return fail(fmt::format("the kernel {} has no struct {}", release, name), ESRCH);
    const auto members = types.members(types.type(*id));
    const auto found = std::ranges::find(members, wanted.name, &BtfMember::name);
    if (found == members.end())
        return fail(
            fmt::format("the kernel {} has no member {} in struct {}", release, wanted.name, name),
            ESRCH);
    return AttachTarget{*id, static_cast<std::uint32_t>(found - members.begin())};
}

Result<std::uint32_t> target_id(const std::string& release, const Btf& types,
                                const ProgramSpec& program, const TargetName& wanted) {
    const auto id = types.find(wanted.name, wanted.kind);
    if (id) return *id;
    return fail(fmt::format("the kernel {} has no {}, which section \"{}\" attaches to", release,
                            wanted.name, program.section),
                ESRCH);
}

}  // namespace

Result<AttachTarget> attach_target(Kernel& kernel, const ProgramSpec& program) {
    AttachTarget target;
    if (program.expected_attach_type)
        target.expected_attach_type = static_cast<std::uint32_t>(*program.expected_attach_type);
    if (program.type == ProgType::ext)
        return fail(
            "replaces a function of another program, which has to be loaded before: not "
            "supported yet");
    const bool is_callback = program.type == ProgType::struct_ops;
    const auto wanted = target_name(program);
    if (is_callback && !program.struct_ops)
        return fail("no struct in section .struct_ops has it as a member", EINVAL);
    if (!is_callback && !wanted) return target;
    if (!is_callback && program.attach_target.empty())
        return fail(fmt::format("section \"{}\" does not say what to attach to", program.section),
                    EINVAL);
    const auto types = kernel.types();
    if (!types) return std::unexpected(types.error());
    if (is_callback) return struct_ops_target(kernel.release(), **types, *program.struct_ops);
    const auto id = target_id(kernel.release(), **types, program, *wanted);
    if (!id) return std::unexpected(id.error());
    target.attach_btf_id = *id;
    return target;
}

}  // namespace bpftwin::kernel
