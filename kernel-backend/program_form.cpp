#include "kernel-backend/program_form.h"

#include <algorithm>
#include <array>
#include <cstring>

#include "kernel-backend/attribute.h"
#include "kernel-backend/release.h"

namespace bpftwin::kernel {
namespace {

constexpr auto none = std::nullopt;

constexpr auto listed_forms = std::to_array<ProgramForm>({
#define FORM(type, attach, target, flags) {ProgType::type, attach, target, flags},
#include "kernel-backend/program_forms.def"
});

/// What does not depend on the instructions.
Attribute submission(const Kernel& kernel, const ProgramForm& form, const AttachTarget& target) {
    Attribute load;
    load->prog_type = static_cast<std::uint32_t>(form.type);
    load->expected_attach_type = target.expected_attach_type;
    load->attach_btf_id = target.attach_btf_id;
    load->prog_flags = form.flags;
    load->kern_version = version_code(kernel.release());
    return load;
}

}  // namespace

std::vector<ProgramForm> forms_of(ProgType type) {
    std::vector<ProgramForm> forms;
    std::ranges::copy_if(listed_forms, std::back_inserter(forms),
                         [&](const ProgramForm& form) { return form.type == type; });
    if (forms.empty()) forms.push_back({type});
    return forms;
}

Result<AttachTarget> target_of(Kernel& kernel, const ProgramForm& form) {
    ProgramSpec program;
    program.type = form.type;
    program.expected_attach_type = form.attach;
    program.attach_target = form.target;
    const auto slash = form.target.find('/');
    if (form.type == ProgType::struct_ops)
        program.struct_ops = {std::string(form.target.substr(0, slash)),
                              std::string(form.target.substr(slash + 1))};
    return attach_target(kernel, program);
}

Reply submit(Kernel& kernel, const ProgramForm& form, const AttachTarget& target,
             std::span<const Insn> insns) {
    constexpr char license[] = "GPL";
    std::array<char, 4096> log{};
    Attribute load = submission(kernel, form, target);
    load->insn_cnt = static_cast<std::uint32_t>(insns.size());
    load.input(load->insns, std::as_bytes(insns));
    load.input(load->license, std::as_bytes(std::span(license)));
    load->log_level = 1;
    load->log_size = log.size();
    load.output(load->log_buf, std::as_writable_bytes(std::span(log)));
    const auto program = load.call(kernel, BPF_PROG_LOAD);
    if (program) kernel.close(*program);
    const std::size_t length = strnlen(log.data(), log.size());
    return {program ? std::nullopt : std::optional(program.error()), {log.data(), length}};
}

}  // namespace bpftwin::kernel
