#include "tests/verifier/forms.h"

#include <array>
#include <optional>

#include "fmt/format.h"
#include "gtest/gtest.h"
#include "isa/builder.h"
#include "tests/support/programs.h"

namespace bpftwin::test {
namespace {

using namespace build;

/// What programs that BTF types attach to: there is one form for each.
struct Target {
    ProgType type;
    std::optional<AttachType> attach;
    const char* name;
};
constexpr auto targets = std::to_array<Target>({
    {ProgType::tracing, AttachType::trace_raw_tp, "sys_enter"},
    {ProgType::tracing, AttachType::trace_iter, "task"},
    {ProgType::tracing, AttachType::trace_iter, "tcp"},
    {ProgType::tracing, AttachType::trace_fentry, "bpf_fentry_test1"},
    {ProgType::tracing, AttachType::trace_fexit, "bpf_fentry_test1"},
    {ProgType::tracing, AttachType::modify_return, "bpf_modify_return_test"},
    {ProgType::lsm, AttachType::lsm_mac, "file_open"},
    {ProgType::lsm, AttachType::lsm_mac, "task_free"},
    {ProgType::lsm, AttachType::lsm_cgroup, "socket_post_create"},
    {ProgType::lsm, AttachType::lsm_cgroup, "socket_bind"},
    {ProgType::struct_ops, std::nullopt, "tcp_congestion_ops/init"},
    {ProgType::struct_ops, std::nullopt, "tcp_congestion_ops/release"},
    {ProgType::struct_ops, std::nullopt, "Qdisc_ops/reset"},
});

constexpr std::array attach_types = {
#define ATTACH_TYPE(name, number) AttachType::name,
#include "bpftwin/attach_type.def"
};

constexpr std::uint32_t sleepable = 1U << 4;

ProgramSpec program_of(ProgType type) {
    ProgramSpec program;
    program.name = "prog";
    program.type = type;
    program.functions = {{0, "prog"}};
    return program;
}

ProgramSpec program_at(const Target& target) {
    ProgramSpec program = program_of(target.type);
    program.expected_attach_type = target.attach;
    program.attach_target = target.name;
    if (target.type != ProgType::struct_ops) return program;
    const auto slash = program.attach_target.find('/');
    program.struct_ops = {program.attach_target.substr(0, slash),
                          program.attach_target.substr(slash + 1)};
    return program;
}

/// Every program of the type that a kernel might take.
std::vector<ProgramSpec> candidates(ProgType type) {
    std::vector<ProgramSpec> programs;
    for (const Target& target : targets)
        if (target.type == type) programs.push_back(program_at(target));
    if (!programs.empty()) return programs;
    for (const AttachType attach : attach_types) {
        programs.push_back(program_of(type));
        programs.back().expected_attach_type = attach;
        if (type == ProgType::syscall) programs.back().prog_flags = sleepable;
    }
    return programs;
}

}  // namespace

Result<std::unique_ptr<Judge>> make_judge() {
    auto judge = make_kernel_judge();
    if (judge && !(*judge)->release().starts_with("6.18."))
        return fail("the tables are those of Linux 6.18, not of " + (*judge)->release());
    return judge;
}

std::string Form::name() const {
    const auto attach = program.expected_attach_type;
    return fmt::format("{} {} {}", name_of(program.type), attach ? name_of(*attach) : "",
                       program.attach_target);
}

ProgramSpec Form::doing(std::vector<Insn> insns) const {
    ProgramSpec changed = program;
    insns.push_back(mov(r0, returns));
    insns.push_back(build::exit());
    changed.insns = std::move(insns);
    return changed;
}

Verdict ask(Judge& judge, const ObjectSpec& object, std::uint32_t level) {
    const auto verdicts = judge.judge(object, std::array{object.programs.front().name}, level);
    if (!verdicts) ADD_FAILURE() << verdicts.error().message;
    return verdicts ? verdicts->front() : Verdict{};
}

Verdict ask(Judge& judge, const ProgramSpec& program, std::uint32_t level) {
    return ask(judge, object_of({program}), level);
}

std::vector<Form> forms_of(Judge& judge, ProgType type) {
    std::vector<Form> forms;
    for (const ProgramSpec& program : candidates(type))
        for (const std::int32_t returns : {1, 0}) {
            const Form form{program, returns};
            if (ask(judge, form.doing({})).answer != Answer::accepted) continue;
            forms.push_back(form);
            break;
        }
    return forms;
}

}  // namespace bpftwin::test
