// The disassembler's text against the local kernel's verifier log, for every row that it prints.
#include <gtest/gtest.h>
#include <linux/bpf.h>

#include "fmt/format.h"
#include "isa/builder.h"
#include "isa/decode.h"
#include "isa/disasm.h"
#include "tests/isa/samples.h"
#include "tests/support/verifier_log.h"

namespace bpftwin {
namespace {

/// Rows whose text is ours, because the kernel rejects them before it prints anything or prints an
/// address: pseudo kinds, kernel functions (their ids have to exist) and callx.
bool printed_by_kernel(const OpInfo& row) {
    if (row.family == Family::lddw) return row.op == Op::lddw;
    return row.op != Op::callx && row.op != Op::call_kfunc;
}

/// What makes a program of an instruction, with nothing unreachable. It need not be accepted: the
/// kernel prints an instruction before it looks at it.
std::vector<Insn> rest_of_program(const OpInfo& row) {
    if (row.op == Op::exit) return {};
    if (row.op == Op::call_local) return {build::exit(), build::exit()};
    return {build::mov(build::r0, 0), build::exit()};
}

/// Whether the kernel gets as far as printing: it checks targets first.
bool has_usable_target(const OpInfo& row, const Insn& insn) {
    auto field = target_field(row.op);
    if (field == no_field) return true;
    bool only_jumps = row.op == Op::ja || row.op == Op::gotol;
    auto target = field == imm_field ? insn.imm : insn.off;
    if (row.op == Op::call_local) return target == 1;
    return target == 0 || (target == 1 && !only_jumps);
}

/// At most a dozen samples of the row, spread over all.
std::vector<Slots> chosen_samples(const OpInfo& row) {
    std::vector<Slots> usable;
    for (const auto& sample : samples_of(row))
        if (has_usable_target(row, sample.front())) usable.push_back(sample);
    auto count = std::min<std::size_t>(12, usable.size());
    std::vector<Slots> chosen;
    for (std::size_t i = 0; i < count; ++i) chosen.push_back(usable[i * usable.size() / count]);
    return chosen;
}

/// Those of the samples' immediates that are helpers.
std::string helper_name(std::int32_t id) {
    if (id == 0) return "bpf_unspec";
    if (id == 1) return "bpf_map_lookup_elem";
    return id == 8 ? "bpf_get_smp_processor_id" : "";
}

TEST(kernel_text, is_ours_for_every_row_that_the_kernel_prints) {
    if (auto why = test::why_no_kernel(); !why.empty()) GTEST_SKIP() << why;
    for (const auto& row : op_table) {
        if (!printed_by_kernel(row)) continue;
        auto samples = chosen_samples(row);
        EXPECT_FALSE(samples.empty()) << row.name;
        for (const auto& sample : samples) {
            auto program = sample;
            for (const auto& insn : rest_of_program(row)) program.push_back(insn);
            auto log = test::verifier_log(program, BPF_PROG_TYPE_SOCKET_FILTER);
            ASSERT_TRUE(log) << row.name << ": " << log.error().message;
            auto line = fmt::format("0: {}", *disassemble(program, 0, {helper_name, {}, {}}));
            EXPECT_TRUE(log->contains(line + "\n") || log->contains(line + " "))
                << "ours: " << line << "\nkernel: " << *log;
        }
    }
}

TEST(kernel_verdict, is_an_error_for_encodings_that_decode_rejects) {
    if (auto why = test::why_no_kernel(); !why.empty()) GTEST_SKIP() << why;
    for (unsigned code = 0; code < 256; ++code) {
        Insn unknown{static_cast<std::uint8_t>(code), 0, 0, 0, 0};
        auto op = decode(unknown);
        if (op || !op.error().starts_with("unknown opcode")) continue;
        std::vector<Insn> program{unknown, build::mov(build::r0, 0), build::exit()};
        auto log = test::verifier_log(program, BPF_PROG_TYPE_SOCKET_FILTER);
        ASSERT_TRUE(log) << log.error().message;
        EXPECT_FALSE(log->contains("processed 3 insns")) << op.error() << "\nkernel: " << *log;
    }
}

}  // namespace
}  // namespace bpftwin
