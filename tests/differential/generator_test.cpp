// What generated programs consist of: every row of the table in every form, and nothing undefined.
#include <array>
#include <bitset>
#include <functional>
#include <map>
#include <set>

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "isa/decode.h"
#include "tests/differential/compare.h"
#include "tests/differential/report.h"
#include "tests/differential/well_defined.h"

namespace bpftwin::differential {
namespace {

using testing::Contains;

/// What occurs in the operands of one row.
struct Forms {
    std::uint64_t count = 0;
    std::bitset<register_count> dst;
    std::bitset<register_count> src;
    bool same = false;
    bool different = false;
    bool forward = false;  ///< For memory: above the base register.
    bool backward = false;
    std::set<std::int64_t> numbers;  ///< Immediates; the constant of an lddw.
};

using FormsByRow = std::map<Op, Forms>;

void note(Forms& forms, const OpInfo& row, std::span<const Insn> at) {
    const Insn& insn = at[0];
    ++forms.count;
    forms.dst.set(insn.dst);
    forms.src.set(insn.src);
    (insn.dst == insn.src ? forms.same : forms.different) = true;
    const auto displacement = target_field(row.op) == imm_field ? insn.imm : insn.off;
    forms.forward |= displacement > 0;
    forms.backward |= displacement < 0;
    forms.numbers.insert(slots(row.op) == 2 ? static_cast<std::int64_t>(lddw_value(at[0], at[1]))
                                            : insn.imm);
}

/// The forms in the programs of many seeds.
const FormsByRow& all_forms() {
    static const FormsByRow forms = [] {
        FormsByRow result;
        for (std::uint64_t seed = 1; seed <= 6000; ++seed) {
            const Case one = generate_case(seed);
            for (const ProgramSpec& program : one.object.programs)
                for (std::size_t pc = 0; pc < program.insns.size(); ++pc) {
                    const Op op = decode_at(program.insns, pc).value();
                    note(result[op], info(op), std::span(program.insns).subspan(pc));
                    pc += slots(op) - 1;
                }
        }
        return result;
    }();
    return forms;
}

/// The address of a kernel variable needs a kernel.
bool is_executable(const OpInfo& row) { return row.op != Op::lddw_btf_id; }

bool is_load(const OpInfo& row) {
    return row.family == Family::ldx || row.family == Family::ldxsx ||
           row.family == Family::load_acquire;
}

bool is_store(const OpInfo& row) {
    return row.family == Family::st || row.family == Family::stx || row.family == Family::atomic ||
           row.family == Family::store_release;
}

bool is_jump(const OpInfo& row) { return row.family == Family::jmp || row.family == Family::ja; }

bool takes_number(const OpInfo& row) {
    const bool computes = row.family == Family::alu || row.family == Family::jmp ||
                          row.family == Family::st || row.op == Op::lddw;
    return computes && has_immediate_operand(row.op);
}

/// Calls `check` with each row that engines execute and with its forms.
void for_each_row(const std::function<void(const OpInfo&, const Forms&)>& check) {
    for (const OpInfo& row : op_table) {
        if (!is_executable(row)) continue;
        SCOPED_TRACE(row.name);
        const auto found = all_forms().find(row.op);
        check(row, found == all_forms().end() ? Forms{} : found->second);
    }
}

TEST(every_row, is_generated_often) {
    for_each_row([](const OpInfo&, const Forms& forms) { EXPECT_GE(forms.count, 100u); });
}

TEST(every_row, is_generated_with_every_register) {
    for_each_row([](const OpInfo& row, const Forms& forms) {
        for (unsigned i = 0; i < 10; ++i) {
            EXPECT_TRUE(forms.dst.test(i) || !has(row.operands, dst_field)) << "dst r" << i;
            // The legacy loads find the context in r6.
            const bool is_context = row.family == Family::ld_ind && i == 6;
            EXPECT_TRUE(forms.src.test(i) || !has(row.operands, src_field) || is_context)
                << "src r" << i;
        }
    });
}

TEST(every_row, is_generated_with_equal_and_with_different_registers) {
    for_each_row([](const OpInfo& row, const Forms& forms) {
        if (!has(row.operands, dst_field) || !has(row.operands, src_field)) return;
        EXPECT_TRUE(forms.same);
        EXPECT_TRUE(forms.different);
    });
}

TEST(every_row, is_generated_with_edge_values) {
    for_each_row([](const OpInfo& row, const Forms& forms) {
        if (!takes_number(row)) return;
        for (const std::int64_t edge : {0, 1, -1, 31, 32, 63, 64})
            EXPECT_THAT(forms.numbers, Contains(edge));
        const bool wide = row.op == Op::lddw;
        EXPECT_THAT(forms.numbers, Contains(wide ? INT64_MIN : INT32_MIN));
        EXPECT_THAT(forms.numbers, Contains(wide ? INT64_MAX : INT32_MAX));
    });
}

TEST(every_row, is_generated_with_displacements_up_and_down) {
    for_each_row([](const OpInfo& row, const Forms& forms) {
        if (!is_load(row) && !is_store(row) && !is_jump(row)) return;
        EXPECT_TRUE(forms.forward);
        // May_goto ends loops; it never closes them.
        EXPECT_TRUE(forms.backward || row.op == Op::may_goto);
    });
}

TEST(every_row, is_generated_with_the_frame_pointer) {
    for_each_row([](const OpInfo& row, const Forms& forms) {
        EXPECT_TRUE(forms.src.test(10) || !is_load(row));
        EXPECT_TRUE(forms.dst.test(10) || !is_store(row));
    });
}

TEST(generated_case, is_the_same_for_the_same_seed) {
    EXPECT_EQ(describe(generate_case(7)), describe(generate_case(7)));
    EXPECT_NE(describe(generate_case(7)), describe(generate_case(8)));
}

TEST(generated_case, is_well_defined) {
    for (std::uint64_t seed = 1; seed <= 400; ++seed)
        EXPECT_TRUE(is_well_defined(generate_case(seed))) << "seed " << seed;
}

TEST(generated_case, uses_loops_calls_and_tail_calls) {
    std::uint64_t longest = 0;
    std::set<TrapKind> traps;
    const Contender engine({"fast", make_interpreter, {.safety = Safety::unsafe}});
    for (std::uint64_t seed = 1; seed <= 2000; ++seed) {
        const Case one = generate_case(seed);
        const auto instance = engine.instantiate(one).value();
        for (const CaseRun& run : one.runs) {
            const auto result = instance->run(run.program, run.input).value();
            longest = std::max(longest, result.insns);
            if (result.trap) traps.insert(result.trap->kind);
        }
    }
    EXPECT_GT(longest, 2000u);
    EXPECT_THAT(traps, Contains(TrapKind::call_depth));
    EXPECT_THAT(traps, Contains(TrapKind::bad_call));
}

}  // namespace
}  // namespace bpftwin::differential
