// bpftwin_flow_facts: whether live registers and loops of every program in a folder of objects are
// those that the running kernel's log tells, and early rejections have its words.
// usage: bpftwin_flow_facts PERCENT FOLDER    of which at least so many are the same; 77: the
// kernel cannot be asked. Which helpers and kernel functions exist depends on the attach type, on
// kfunc sets and on the kernel's configuration: where one does not, it reads r1 to r5.
#include <algorithm>
#include <filesystem>
#include <map>

#include "bpftwin/kernel.h"
#include "bpftwin/spec.h"
#include "btf/btf.h"
#include "fmt/format.h"
#include "isa/encode.h"
#include "tests/corpus/this_kernel.h"
#include "tests/verifier/live_lines.h"
#include "verifier/rows.h"

namespace bpftwin::verifier {
namespace {

/// Makes the kernel stop at the first instruction that can be replaced, which makes its log short:
/// what it says before is the same but for that instruction, also for us.
void break_early(ProgramSpec& program, std::span<const Op> ops) {
    for (std::size_t at = 0; at < ops.size(); at += slots(ops[at])) {
        const Family family = info(ops[at]).family;
        if (family == Family::lddw) continue;
        if (family == Family::call || family == Family::exit || family == Family::ja) return;
        if (family == Family::jmp) return;
        program.insns[at] = insn(Op::ldxdw, {.dst = 9, .src = 9});
        const auto is_here = [at](const auto& reference) { return reference.insn == at; };
        std::erase_if(program.core_relocations, is_here);
        std::erase_if(program.externs, is_here);
        return;
    }
}

CallKind kfunc_kind(const Insn& call) {
    const auto& types = test::this_kernel().types;
    if (!types || call.off != 0) return {};
    const BtfType& function = types->type(static_cast<std::uint32_t>(call.imm));
    const BtfType& proto = types->type(function.type);
    if (function.kind != BtfKind::func) return {};
    return {.parameters = static_cast<std::uint8_t>(types->params(proto).size()),
            .returns_value = types->kind(proto.type) != BtfKind::void_};
}

class Comparison {
public:
    explicit Comparison(Judge& judge) : judge_(judge) {}

    void add(const std::filesystem::path& path) {
        auto object = load_elf_file(path);
        if (!object) return;
        (void)test::make_ready(*object);
        std::vector<std::string> names;
        for (ProgramSpec& program : object->programs) {
            if (auto ops = rows_of(program.insns)) break_early(program, *ops);
            names.push_back(program.name);
        }
        const auto verdicts = judge_.judge(*object, names, 2);
        if (!verdicts) return void(++unseen_[verdicts.error().message]);
        for (std::size_t i = 0; i < names.size(); ++i)
            compare(path.filename(), *object, *object->program(names[i]), (*verdicts)[i]);
    }

    [[nodiscard]] bool finish(double percent) const {
        for (const auto& [reason, count] : unseen_) fmt::print("{:6} {}\n", count, reason);
        const std::size_t all = same_ + different_;
        fmt::print("programs with the kernel's facts: {} of {}\n", same_, all);
        return same_ != 0 &&
               100.0 * static_cast<double>(same_) >= percent * static_cast<double>(all);
    }

private:
    void compare(const std::string& object, const ObjectSpec& spec, const ProgramSpec& program,
                 const Verdict& verdict) {
        const auto flow = test::early_flow(spec, program, kfunc_kind);
        const auto theirs = test::live_lines(verdict.log);
        const std::string where = object + " " + program.name;
        if (!flow) return compare_reason(where, flow.error().reason, verdict);
        if (theirs.empty()) return void(++unseen_["not seen: " + verdict.reason]);
        const auto ours = test::live_lines(program, *flow);
        const auto [a, b] = std::ranges::mismatch(ours, theirs);
        const bool same = a == ours.end() && b == theirs.end();
        count(same);
        if (same) return;
        fmt::print("{}: ours {}, the kernel's {}\n", where, a == ours.end() ? "no more" : *a,
                   b == theirs.end() ? "no more" : *b);
    }

    void compare_reason(const std::string& where, const std::string& ours, const Verdict& theirs) {
        count(theirs.reason == ours);
        if (theirs.reason != ours)
            fmt::print("{}: rejected for {}, the kernel says {}\n", where, ours, theirs.reason);
    }

    void count(bool same) { ++(same ? same_ : different_); }

    Judge& judge_;
    std::map<std::string, std::size_t> unseen_;
    std::size_t same_ = 0, different_ = 0;
};

int run(const std::string& folder, double percent) {
    auto judge = make_kernel_judge();
    if (!judge) {
        fmt::print("skipped: {}\n", judge.error().message);
        return 77;
    }
    Comparison comparison(**judge);
    for (const auto& entry : std::filesystem::recursive_directory_iterator(folder))
        if (entry.path().extension() == ".o") comparison.add(entry.path());
    return comparison.finish(percent) ? 0 : 1;
}

}  // namespace
}  // namespace bpftwin::verifier

int main(int argc, char** argv) {
    if (argc != 3) {
        fmt::print(stderr, "usage: bpftwin_flow_facts PERCENT FOLDER\n");
        return 2;
    }
    if (!std::filesystem::is_directory(argv[2])) {
        fmt::print("skipped: {} is no folder\n", argv[2]);
        return 77;
    }
    return bpftwin::verifier::run(argv[2], std::stod(argv[1]));
}
