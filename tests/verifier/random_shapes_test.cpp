// Random instructions with random targets: what we refuse early, and the registers and loops that
// we find, are what the running kernel says.
#include <cstdlib>
#include <random>

#include "bpftwin/verdict.h"
#include "gtest/gtest.h"
#include "isa/encode.h"
#include "tests/support/verifier_log.h"
#include "tests/verifier/live_lines.h"

namespace bpftwin::test {
namespace {

/// Makes short programs: most instructions are right but for where they jump.
class RandomShapes {
public:
    std::vector<Insn> next() {
        std::vector<Insn> insns;
        // The kernel stops here, so that all the rest is about shape.
        insns.push_back(insn(Op::mov64_x, {.dst = 0, .src = 9}));
        for (std::size_t left = 1 + pick(14); left != 0; --left) add(insns);
        insns.push_back(insn(Op::exit));
        if (pick(4) == 0) insns[pick(insns.size())].code = static_cast<std::uint8_t>(pick(256));
        return insns;
    }

private:
    std::size_t pick(std::size_t bound) { return random_() % bound; }
    int near() { return static_cast<int>(pick(12)) - 4; }

    void add(std::vector<Insn>& insns) {
        const Op op = pick(3) == 0 ? jump() : any();
        const bool jumps = target_field(op) != no_field;
        Insn made = insn(op, {.dst = reg(), .src = reg()});
        if (jumps) aim(made, op, near());
        if (op == Op::call_helper) made.imm = static_cast<std::int32_t>(1 + pick(211));
        insns.push_back(made);
        if (slots(op) == 2) insns.push_back(second_slot(0));
    }
    std::uint8_t reg() { return static_cast<std::uint8_t>(pick(10)); }
    Op jump() {
        constexpr Op jumps[] = {Op::ja,       Op::gotol,      Op::jeq64_x,   Op::jlt32_k,
                                Op::may_goto, Op::call_local, Op::lddw_func, Op::exit};
        return jumps[pick(std::size(jumps))];
    }
    /// A row that asks for nothing outside of the program.
    Op any() {
        for (;;) {
            const auto op = static_cast<Op>(pick(op_count));
            const bool asks = op == Op::call_kfunc || op == Op::callx;
            if (!asks && (slots(op) == 1 || op == Op::lddw)) return op;
        }
    }

    std::mt19937 random_{6};
};

/// Whether the kernel had a look at what is not decided here.
bool is_beyond_shape(std::string_view reason) {
    return reason.contains("bpf_map") || reason.contains("btf") || reason.contains("BTF") ||
           reason.contains("fd_idx");
}

std::size_t programs() {
    const char* wanted = std::getenv("BPFTWIN_SHAPES");
    return wanted ? std::strtoul(wanted, nullptr, 10) : 20'000;
}

std::string last_line(std::string log) {
    Verdict verdict{.answer = Answer::rejected, .log = std::move(log)};
    read_log(verdict);
    return verdict.reason;
}

TEST(random_shapes, are_judged_as_by_the_kernel) {
    if (const auto reason = why_no_kernel(); !reason.empty()) GTEST_SKIP() << reason;
    constexpr std::uint32_t sched_cls = 3;
    RandomShapes shapes;
    std::size_t well_formed = 0;
    for (std::size_t left = programs(); left != 0; --left) {
        ProgramSpec program{.type = ProgType::sched_cls, .insns = shapes.next()};
        const auto log = verifier_log(program.insns, sched_cls);
        ASSERT_TRUE(log) << log.error().message;
        const auto flow = early_flow({}, program);
        const auto theirs = live_lines(*log);
        if (theirs.empty() && is_beyond_shape(last_line(*log))) continue;
        if (!flow) {
            ASSERT_EQ(flow.error().reason, last_line(*log)) << *log;
        } else {
            ASSERT_EQ(live_lines(program, *flow), theirs) << *log;
            ++well_formed;
        }
    }
    EXPECT_GT(well_formed, programs() / 20);
    RecordProperty("well_formed", static_cast<int>(well_formed));
}

}  // namespace
}  // namespace bpftwin::test
