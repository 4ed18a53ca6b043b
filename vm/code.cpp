// From instructions to threaded code.
#include "vm/code.h"

#include <algorithm>

#include "fmt/format.h"
#include "helpers/implementation.h"
#include "helpers/prototype.h"

namespace bpftwin {
namespace {

struct Pair {
    Op first;
    Op second;
    Step step;
};
constexpr auto pairs = std::to_array<Pair>({
#define PAIR(a, b) {Op::a, Op::b, Step::a##_then_##b},
#define PAIR_BRANCH(a, b) {Op::a, Op::b, Step::a##_then_##b},
#include "vm/pairs.def"
});

/// Lets one step run an instruction and the one behind it, where there is such a step.
void fuse_pairs(std::span<const Op> ops, std::span<const void* const> handlers,
                std::span<Code> code) {
    for (std::size_t pc = 0; pc + 1 < ops.size(); ++pc)
        for (const Pair& pair : pairs)
            if (ops[pc] == pair.first && ops[pc + 1] == pair.second)
                code[pc].handler = handlers[static_cast<std::size_t>(pair.step)];
}

std::size_t step_of(Op op, const Insn& insn) {
    if (op != Op::call_helper) return static_cast<std::size_t>(op);
    const Helper* helper = helper_by_id(static_cast<std::uint32_t>(insn.imm));
    if (helper && helper->name == "tail_call") return static_cast<std::size_t>(Step::tail_call);
    if (helper && helper_function(helper->id)) return static_cast<std::size_t>(op);
    return static_cast<std::size_t>(Step::helper_missing);
}

Result<std::uint64_t> constant(Op op, std::span<const Insn> slots, const Code* code,
                               std::span<const MapAddress> maps) {
    if (op == Op::lddw_func) return reinterpret_cast<std::uint64_t>(code + 1 + slots[0].imm);
    return constant_of(op, slots, maps);
}

}  // namespace

Result<Image> Image::prepare(const ProgramSpec& program, std::span<const MapAddress> maps,
                             std::span<const void* const> handlers) {
    auto named = [&](const Error& error) {
        return std::unexpected(error.in("program " + program.name));
    };
    auto ops = decode_runnable(program);
    if (!ops) return named(ops.error());

    Image image;
    image.program_ = &program;
    std::span insns(program.insns);
    image.code_.resize(insns.size() + 1);
    image.entries_.push_back(0);
    if (program.exception_callback) image.entries_.push_back(*program.exception_callback);
    for (std::size_t pc = 0; pc < insns.size(); ++pc) {
        const Insn& insn = insns[pc];
        const Op op = (*ops)[pc];
        Code* code = &image.code_[pc];
        *code = {handlers[step_of(op, insn)], insn.dst, insn.src, insn.off, insn.imm};
        auto target = static_cast<std::uint32_t>(pc) + 1 + static_cast<std::uint32_t>(insn.imm);
        if (op == Op::call_local || op == Op::lddw_func) image.entries_.push_back(target);
        if (op == Op::call_kfunc) {
            code->imm = static_cast<std::int32_t>(image.kfuncs_.size());
            image.kfuncs_.push_back(
                kfunc_callee(kfunc_name(program, static_cast<std::uint32_t>(pc))));
        }
        if (slots(op) == 1) continue;
        auto value = constant(op, insns.subspan(pc, 2), code, maps);
        if (!value) return named(value.error().in(fmt::format("insn {}", pc)));
        code[0].imm = static_cast<std::int32_t>(*value);
        code[1] = {handlers[static_cast<std::size_t>(Step::end_of_program)], 0, 0, 0,
                   static_cast<std::int32_t>(*value >> 32)};
        ++pc;
    }
    image.code_.back() = {handlers[static_cast<std::size_t>(Step::end_of_program)], 0, 0, 0, 0};
    std::ranges::sort(image.entries_);
    if (handlers.size() == step_count) fuse_pairs(*ops, handlers, image.code_);
    return image;
}

bool Image::is_function(std::uint64_t address) const {
    auto offset = address - reinterpret_cast<std::uint64_t>(code_.data());
    if (offset % sizeof(Code) != 0 || offset / sizeof(Code) >= code_.size()) return false;
    return std::ranges::binary_search(entries_, static_cast<std::uint32_t>(offset / sizeof(Code)));
}

}  // namespace bpftwin
