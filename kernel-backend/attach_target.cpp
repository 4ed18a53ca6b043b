#include "kernel-backend/attach_target.h"

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

}  // namespace

Result<std::uint32_t> attach_target(Kernel& kernel, const ProgramSpec& program) {
    if (program.type == ProgType::ext)
        return fail(
            "replaces a function of another program, which has to be loaded before: not "
            "supported yet");
    if (program.type == ProgType::struct_ops)
        return fail("struct_ops programs are not supported yet");
    const auto wanted = target_name(program);
    if (!wanted) return 0;
    if (program.attach_target.empty())
        return fail(fmt::format("section \"{}\" does not say what to attach to", program.section),
                    EINVAL);
    const auto types = kernel.types();
    if (!types) return std::unexpected(types.error());
    const auto id = (*types)->find(wanted->name, wanted->kind);
    if (!id)
        return fail(fmt::format("the kernel {} has no {}, which section \"{}\" attaches to",
                                kernel.release(), wanted->name, program.section),
                    ESRCH);
    return *id;
}

}  // namespace bpftwin::kernel
