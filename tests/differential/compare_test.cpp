// All engines give the same results; one that does not is found, and its mistake made small.
#include <algorithm>
#include <functional>

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "isa/decode.h"
#include "isa/encode.h"
#include "tests/differential/compare.h"
#include "tests/differential/report.h"
#include "tests/differential/shrink.h"
#include "tests/differential/well_defined.h"

namespace bpftwin::differential {
namespace {

using testing::HasSubstr;
using testing::IsEmpty;

class engines : public testing::TestWithParam<test::EngineCase> {};
INSTANTIATE_TEST_SUITE_P(all, engines, testing::ValuesIn(test::engine_cases()),
                         [](const auto& engine) { return engine.param.name; });

TEST_P(engines, run_random_programs_like_the_fast_interpreter) {
    const Contender reference({"interp_fast", make_interpreter, {.safety = Safety::unsafe}});
    const Contender engine(GetParam());
    for (std::uint64_t seed = 1; seed <= 1000; ++seed)
        if (const auto found = compare(engine, reference, generate_case(seed)))
            FAIL() << "seed " << seed << " run " << found->run << '\n' << found->what;
}

/// Changes instructions of a program before they are run.
using Sabotage = std::function<void(Insn&)>;

/// The checked interpreter on a sabotaged object.
class SabotagedEngine final : public Engine {
public:
    explicit SabotagedEngine(Sabotage sabotage) : sabotage_(std::move(sabotage)) {}
    [[nodiscard]] std::string_view name() const override { return "sabotaged"; }
    Result<std::unique_ptr<Instance>> instantiate(const ObjectSpec& object,
                                                  const EngineOptions& options) override {
        ObjectSpec changed = object;
        for (ProgramSpec& program : changed.programs)
            for (std::size_t pc = 0; pc < program.insns.size(); ++pc) {
                const unsigned count = slots(*decode(program.insns[pc]));
                sabotage_(program.insns[pc]);
                pc += count - 1;
            }
        return make_interpreter()->instantiate(changed, options);
    }

private:
    Sabotage sabotage_;
};

Contender sabotaged(const Sabotage& sabotage) {
    return {"sabotaged", std::make_unique<SabotagedEngine>(sabotage), {.safety = Safety::checked}};
}

Contender interpreter() {
    return Contender({"interp_fast", make_interpreter, {.safety = Safety::unsafe}});
}

/// The case of a seed, with less patience for loops that have lost their end.
Case impatient_case(std::uint64_t seed) {
    Case one = generate_case(seed);
    for (CaseRun& run : one.runs) run.input.budget = 200'000;
    return one;
}

/// The first of many seeds for which the engine differs from the interpreter.
std::optional<std::uint64_t> find(const Contender& engine, std::uint64_t most_seeds) {
    const Contender reference = interpreter();
    for (std::uint64_t seed = 1; seed <= most_seeds; ++seed)
        if (compare(engine, reference, impatient_case(seed))) return seed;
    return std::nullopt;
}

/// Another row of the same family that takes the same operands.
std::optional<Op> relative_of(const OpInfo& row) {
    for (const OpInfo& other : op_table)
        if (other.op != row.op && other.family == row.family && other.operands == row.operands)
            return other.op;
    return std::nullopt;
}

/// Rows whose relatives do the same, or nothing that an engine could run.
bool has_no_relative(Op op) {
    switch (op) {
        case Op::lddw_map_fd:
        case Op::lddw_map_idx:
        case Op::lddw_map_value:
        case Op::lddw_map_idx_value:
        case Op::lddw_btf_id: return true;
        default: return false;
    }
}

TEST(comparison, notices_any_row_that_does_what_a_relative_does) {
    for (const OpInfo& row : op_table) {
        const auto relative = relative_of(row);
        if (!relative || has_no_relative(row.op)) continue;
        const auto engine = sabotaged([&](Insn& insn) {
            if (*decode(insn) == row.op)
                insn = ::bpftwin::insn(*relative, {insn.dst, insn.src, insn.off, insn.imm});
        });
        EXPECT_TRUE(find(engine, 1000)) << row.name << " as " << info(*relative).name;
    }
}

TEST(comparison, names_what_differs) {
    RunResult a{.return_value = 1, .packet = Bytes(2), .trace = {"x"}};
    RunResult b{.return_value = 2, .packet = Bytes(3), .trace = {"y"}};
    const std::string text = difference(a, b);
    EXPECT_THAT(text, HasSubstr("return value:\n  0x1\n  0x2\n"));
    EXPECT_THAT(text, HasSubstr("packet:\n  0000\n  000000\n"));
    EXPECT_THAT(text, HasSubstr("trace line 0:\n  x\n  y\n"));
    EXPECT_THAT(difference(a, a), IsEmpty());
}

TEST(comparison, counts_instructions_only_where_both_engines_do) {
    const RunResult counted{.insns = 5};
    EXPECT_THAT(difference(counted, RunResult{.insns = 6}), HasSubstr("instructions"));
    EXPECT_THAT(difference(counted, RunResult{}), IsEmpty());
}

/// A shift by 0 that clears the register: the mistake of a compiler that shifts by 64.
void clear_at_shift_by_0(Insn& insn) {
    if (*decode(insn) == Op::lsh64_k && (insn.imm & 63) == 0)
        insn = ::bpftwin::insn(Op::mov64_k, {.dst = insn.dst});
}

TEST(shrinking, leaves_little_around_the_mistake) {
    const Contender engine = sabotaged(clear_at_shift_by_0);
    const Contender reference = interpreter();
    const auto seed = find(engine, 2000);
    ASSERT_TRUE(seed);
    const auto fails = [&](const Case& one) {
        return is_well_defined(one) && compare(engine, reference, one);
    };
    const Case small = shrink(impatient_case(*seed), fails);
    EXPECT_TRUE(fails(small));
    ASSERT_EQ(small.runs.size(), 1u);
    const auto program =
        std::ranges::find(small.object.programs, small.runs[0].program, &ProgramSpec::name);
    EXPECT_LE(program->insns.size(), 20u) << describe(small);
}

}  // namespace
}  // namespace bpftwin::differential
