// Which helpers programs may call, asked of the running kernel.
#include "verifier/availability.h"

#include <gtest/gtest.h>

#include <algorithm>

#include "isa/builder.h"
#include "tests/support/programs.h"
#include "tests/verifier/forms.h"

namespace bpftwin::verifier {
namespace {

using namespace build;
using test::Form;

constexpr Caller gpl_caller{.gpl_compatible = true, .sleepable = false};
constexpr Caller sleepable_caller{.gpl_compatible = true, .sleepable = true};

Caller caller_of(const ProgramSpec& program) {
    return program.prog_flags != 0 ? sleepable_caller : gpl_caller;
}

/// Our answer where the kernel's log says the same, or else nothing.
std::string ours(const ProgramSpec& program, const Helper& helper) {
    const auto answer = check_helper_allowed(program, helper, caller_of(program));
    return answer ? "" : answer.error().reason;
}

/// The kernel's line where it is about availability, which it asks for before any argument.
std::string theirs(const Verdict& verdict) {
    for (const char* about : {"cannot use helper", "cannot call GPL", "not allowed in probe",
                              "might sleep in a non-sleepable"})
        if (verdict.reason.contains(about)) return verdict.reason;
    return "";
}

/// What configuration and lockdown take away from a kernel.
bool is_optional(const Helper& helper) {
    return helper.name == "override_return" || helper.name == "probe_write_user" ||
           helper.name.starts_with("rc_");
}

class Helpers : public testing::TestWithParam<ProgType> {};

TEST_P(Helpers, are_those_that_the_kernel_lets_programs_of_each_attach_type_call) {
    const auto judge = test::make_judge();
    if (!judge) GTEST_SKIP() << judge.error().message;
    const auto forms = test::forms_of(**judge, GetParam());
    if (forms.empty()) GTEST_SKIP() << "the kernel takes no such programs";
    for (const Form& form : forms)
        for (const Helper& helper : helper_table()) {
            if (is_optional(helper)) continue;
            const auto program = form.doing({call(static_cast<std::int32_t>(helper.id))});
            EXPECT_EQ(ours(program, helper), theirs(test::ask(**judge, program)))
                << form.name() << " " << helper.name;
        }
}

INSTANTIATE_TEST_SUITE_P(of, Helpers, testing::ValuesIn(prog_types().begin(), prog_types().end()),
                         [](const auto& type) { return std::string(name_of(type.param)); });

ProgramSpec program_of(ProgType type, AttachType attach, std::string target = "") {
    ProgramSpec program;
    program.type = type;
    program.expected_attach_type = attach;
    program.attach_target = std::move(target);
    return program;
}

bool may_call(const ProgramSpec& program, std::string_view helper) {
    return check_helper_allowed(program, *helper_named(helper), sleepable_caller).has_value();
}

TEST(helpers, of_traced_functions_depend_on_the_function) {
    const auto at = [](AttachType attach, std::string target) {
        return program_of(ProgType::tracing, attach, std::move(target));
    };
    EXPECT_TRUE(may_call(at(AttachType::trace_fentry, "vfs_truncate"), "d_path"));
    EXPECT_FALSE(may_call(at(AttachType::trace_fentry, "do_unlinkat"), "d_path"));
    EXPECT_TRUE(may_call(at(AttachType::trace_fexit, "tcp_connect"), "sk_storage_get"));
    EXPECT_FALSE(may_call(at(AttachType::trace_fexit, "bpf_sk_storage_free"), "sk_storage_get"));
    EXPECT_TRUE(may_call(at(AttachType::trace_iter, "tcp"), "setsockopt"));
    EXPECT_FALSE(may_call(at(AttachType::trace_iter, "task"), "setsockopt"));
    EXPECT_TRUE(may_call(at(AttachType::trace_iter, "task"), "seq_write"));
    EXPECT_FALSE(may_call(at(AttachType::trace_fentry, "tcp_connect"), "seq_write"));
}

TEST(helpers, of_security_hooks_depend_on_the_hook) {
    const auto at = [](AttachType attach, std::string hook) {
        return program_of(ProgType::lsm, attach, std::move(hook));
    };
    EXPECT_TRUE(may_call(at(AttachType::lsm_mac, "file_open"), "ima_file_hash"));
    EXPECT_FALSE(may_call(at(AttachType::lsm_mac, "task_free"), "ima_file_hash"));
    EXPECT_TRUE(may_call(at(AttachType::lsm_cgroup, "socket_post_create"), "setsockopt"));
    EXPECT_FALSE(may_call(at(AttachType::lsm_cgroup, "socket_bind"), "setsockopt"));
    EXPECT_FALSE(may_call(at(AttachType::lsm_mac, "socket_post_create"), "setsockopt"));
}

TEST(helpers, of_callbacks_depend_on_the_struct) {
    ProgramSpec program = program_of(ProgType::struct_ops, AttachType{});
    program.struct_ops = {"tcp_congestion_ops___mine", "init"};
    EXPECT_TRUE(may_call(program, "setsockopt"));
    program.struct_ops->name = "release";
    EXPECT_FALSE(may_call(program, "setsockopt"));
    EXPECT_TRUE(may_call(program, "tcp_send_ack"));
    program.struct_ops = {"Qdisc_ops", "enqueue"};
    EXPECT_FALSE(may_call(program, "tcp_send_ack"));
    EXPECT_FALSE(may_call(program, "tail_call"));
}

TEST(helpers, for_gpl_programs_are_refused_to_others) {
    const auto judge = test::make_judge();
    if (!judge) GTEST_SKIP() << judge.error().message;
    const Form form = test::forms_of(**judge, ProgType::xdp).front();
    for (const Helper& helper : helper_table()) {
        if (!available_to(helper, ProgType::xdp)) continue;
        auto object = test::object_of({form.doing({call(static_cast<std::int32_t>(helper.id))})});
        object.license = "Proprietary";
        const auto answer = check_helper_allowed(form.program, helper, {false, false});
        EXPECT_EQ(answer ? "" : answer.error().reason, theirs(test::ask(**judge, object)))
            << helper.name;
    }
}

}  // namespace
}  // namespace bpftwin::verifier
