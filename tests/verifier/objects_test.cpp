// Objects of the kernel behind pointers, asked of the running kernel.
#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <memory>
#include <random>

#include "bpftwin/verify.h"
#include "btf/btf.h"
#include "fmt/format.h"
#include "isa/builder.h"
#include "tests/verifier/forms.h"

namespace bpftwin::verifier {
namespace {

using namespace build;

std::shared_ptr<const Btf> kernel_types() {
    static const auto types = load_btf_file("/sys/kernel/btf/vmlinux");
    return types ? *types : nullptr;
}

/// A program of a tracepoint or an iterator.
ProgramSpec program_of(AttachType attach, std::string target, std::vector<Insn> insns) {
    ProgramSpec program;
    program.name = "program";
    program.type = ProgType::tracing;
    program.expected_attach_type = attach;
    program.attach_target = std::move(target);
    program.insns = std::move(insns);
    program.insns.push_back(mov(r0, 0));
    program.insns.push_back(build::exit());
    return program;
}

Verdict ours(const ProgramSpec& program) {
    ObjectSpec object;
    object.license = "GPL";
    object.programs.push_back(program);
    return verify(object, object.programs.front(),
                  {.log_level = 2, .kernel_types = kernel_types()});
}

/// What the log says last of r1.
std::string last_r1(const Verdict& verdict) {
    const auto at = verdict.log.rfind("R1=");
    return at == std::string::npos ? "" : verdict.log.substr(at, verdict.log.find('\n', at) - at);
}

class Objects : public testing::Test {
protected:
    void SetUp() override {
        auto judge = test::make_judge();
        if (!judge) GTEST_SKIP() << judge.error().message;
        if (!kernel_types()) GTEST_SKIP() << "the kernel does not show its types";
        judge_ = std::move(*judge);
    }

    void expect_same(const ProgramSpec& program, const std::string& about) {
        const Verdict kernel = test::ask(*judge_, program, 2);
        if (kernel.error == EPERM) return;  // Not by the verifier.
        const Verdict mine = ours(program);
        EXPECT_EQ(mine.answer, kernel.answer) << about << ": " << kernel.reason << mine.reason;
        EXPECT_EQ(mine.reason, kernel.reason) << about;
        EXPECT_EQ(last_r1(mine), last_r1(kernel)) << about;
    }

    /// Loads each argument, one program for each.
    void expect_same_arguments(AttachType attach, const std::string& target) {
        constexpr std::int16_t arguments = 7;
        for (std::int16_t i = 0; i < arguments; ++i)
            expect_same(
                program_of(attach, target, {ldxdw(r1, r1, static_cast<std::int16_t>(i * 8))}),
                fmt::format("{} {}", target, i));
    }

private:
    std::unique_ptr<Judge> judge_;
};

constexpr auto unsure_tracepoints = std::to_array<std::string_view>({
#define MAY_BE_NULL(tracepoint, argument) tracepoint,
#define MAY_BE_ERROR(tracepoint, argument) tracepoint,
#include "verifier/tracepoint_arguments.def"
});

TEST_F(Objects, that_tracepoints_pass_are_trusted_and_null_where_the_kernel_says_so) {
    std::vector<std::string> tracepoints(unsure_tracepoints.begin(), unsure_tracepoints.end());
    for (const char* sure :
         {"sched_switch", "signal_generate", "workqueue_execute_end", "xdp_redirect"})
        tracepoints.emplace_back(sure);
    for (const std::string& tracepoint : tracepoints)
        if (kernel_types()->find("btf_trace_" + tracepoint, BtfKind::typedef_))
            expect_same_arguments(AttachType::trace_raw_tp, tracepoint);
}

constexpr auto iterators = std::to_array<std::string_view>({
#define ITERATED(iterator, parameter, kind, flags) iterator,
#include "verifier/iterators.def"
});

TEST_F(Objects, that_iterators_pass_are_those_of_the_kernel) {
    for (const std::string_view iterator : iterators)
        if (kernel_types()->find(fmt::format("bpf_iter_{}", iterator), BtfKind::func))
            expect_same_arguments(AttachType::trace_iter, std::string(iterator));
}

TEST_F(Objects, have_the_fields_that_the_kernel_finds_at_random_offsets) {
    struct Start {
        const char* tracepoint;
        std::int16_t argument;
    };
    constexpr Start starts[] = {{"sched_switch", 1},   {"sched_process_exec", 2}, {"kfree_skb", 0},
                                {"cgroup_mkdir", 0},   {"irq_handler_entry", 1},  {"tcp_probe", 0},
                                {"signal_deliver", 1}, {"mm_page_free", 0}};
    constexpr int programs = 600;
    std::mt19937 random(20);
    const auto below = [&](std::uint32_t limit) { return random() % limit; };
    for (int i = 0; i < programs; ++i) {
        const Start& start = starts[below(std::size(starts))];
        std::vector<Insn> insns{ldxdw(r1, r1, static_cast<std::int16_t>(start.argument * 8))};
        for (std::uint32_t loads = 1 + below(3); loads > 0; --loads) {
            const std::uint32_t offset = below(2) == 0 ? below(400) * 8 : below(200);
            const auto off = static_cast<std::int16_t>(offset);
            insns.push_back(below(8) == 0 ? ldxw(r1, r1, off) : ldxdw(r1, r1, off));
            if (below(3) == 0) insns.push_back(insn(Op::jeq64_k, {.dst = 1, .off = 1}));
        }
        expect_same(program_of(AttachType::trace_raw_tp, start.tracepoint, insns),
                    fmt::format("program {} of {}", i, start.tracepoint));
    }
}

TEST_F(Objects, of_programs_without_a_license_are_not_read) {
    ObjectSpec object;
    object.programs.push_back(
        program_of(AttachType::trace_raw_tp, "sched_switch", {ldxdw(r1, r1, 8), ldxdw(r1, r1, 0)}));
    const Verdict verdict =
        verify(object, object.programs.front(), {.kernel_types = kernel_types()});
    EXPECT_EQ(verdict.reason,
              "Cannot access kernel 'struct task_struct' from non-GPL compatible program");
}

TEST(objects, are_unsupported_without_types_of_the_kernel) {
    const Verdict verdict =
        verify({}, program_of(AttachType::trace_raw_tp, "sched_switch", {ldxdw(r1, r1, 8)}));
    EXPECT_EQ(verdict.answer, Answer::unsupported);
    EXPECT_EQ(verdict.reason, "types of the kernel");
}

}  // namespace
}  // namespace bpftwin::verifier
