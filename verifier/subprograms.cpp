// The functions of a program (kernel/bpf/verifier.c: add_subprog_and_kfunc, check_subprogs,
// bpf_find_exception_callback_insn_off).
#include <algorithm>
#include <map>
#include <optional>

#include "btf/btf.h"
#include "fmt/format.h"
#include "isa/op.h"
#include "verifier/flow.h"

namespace bpftwin::verifier {
namespace {

constexpr std::size_t max_subprograms = 256;
constexpr std::int32_t tail_call_helper = 12;

/// Opcodes may be any here, so instructions are told apart by their bytes.
constexpr bool is(const Insn& insn, Op op) {
    const OpInfo& row = info(op);
    return insn.code == row.code &&
           (row.discriminator != src_field || insn.src == row.discriminator_value);
}

/// Class of the code: jumps (BPF_JMP, BPF_JMP32), and legacy loads in the mode ABS or IND.
constexpr bool is_of_jump_class(const Insn& insn) {
    return (insn.code & 7) == 5 || (insn.code & 7) == 6;
}
constexpr bool is_packet_load(const Insn& insn) {
    return (insn.code & 7) == 0 && ((insn.code & 0xe0) == 0x20 || (insn.code & 0xe0) == 0x40);
}
constexpr bool is_jump(const Insn& insn) {
    constexpr unsigned operation = 0xf0;
    return is_of_jump_class(insn) &&
           (insn.code & operation) != (info(Op::call_helper).code & operation) &&
           (insn.code & operation) != (info(Op::exit).code & operation);
}
constexpr std::int64_t target_of(const Insn& insn, std::int64_t at) {
    return at + 1 + (is(insn, Op::gotol) ? insn.imm : insn.off);
}

constexpr std::string_view exception_tag = "exception_callback:";

/// The names that tags of the function give.
std::vector<std::string_view> tagged_callbacks(const Btf& types, std::uint32_t function) {
    std::vector<std::string_view> names;
    for (std::uint32_t id = 1; id < types.type_count(); ++id) {
        const BtfType& tag = types.type(id);
        if (tag.kind == BtfKind::decl_tag && tag.type == function && tag.component == -1 &&
            tag.name.starts_with(exception_tag))
            names.push_back(tag.name.substr(exception_tag.size()));
    }
    return names;
}

/// Where the function of that type begins: the last one, as the kernel.
Checked<std::uint32_t> start_of(const ProgramSpec& program, std::uint32_t type) {
    std::optional<std::uint32_t> start;
    for (const FuncInfo& function : program.func_info)
        if (function.type_id == type) start = function.insn;
    if (!start) return reject(EINVAL, "exception callback type id not found in func_info");
    if (*start == 0) return reject(EINVAL, "invalid exception callback insn_off in func_info: 0");
    return *start;
}

/// First instruction of the exception callback; 0: there is none.
Checked<std::uint32_t> exception_callback(const ProgramSpec& program, const Btf* types) {
    if (!types || program.func_info.empty()) return 0;
    const auto names = tagged_callbacks(*types, program.func_info.front().type_id);
    if (names.empty()) return 0;
    if (names.size() > 1)
        return reject(EEXIST, "multiple exception callback tags for main subprog");
    const auto id = types->find(names.front(), BtfKind::func);
    if (!id)
        return reject(ENOENT, fmt::format("exception callback '{}' could not be found in BTF",
                                          names.front()));
    if (types->type(*id).linkage != BtfLinkage::global)
        return reject(
            EINVAL, fmt::format("exception callback '{}' must have global linkage", names.front()));
    return start_of(program, *id);
}

class Subprograms {
public:
    Subprograms(const ProgramSpec& program, const Btf* types) : program_(program), types_(types) {}

    Checked<std::vector<Subprogram>> find() {
        if (auto found = collect(); !found) return std::unexpected(found.error());
        std::vector<Subprogram> all;
        for (auto& [start, subprogram] : starts_) all.push_back(subprogram);
        for (std::size_t i = 0; i < all.size(); ++i)
            all[i].end = i + 1 < all.size() ? all[i + 1].start : size();
        for (Subprogram& subprogram : all)
            if (auto checked = check(subprogram); !checked) return std::unexpected(checked.error());
        return all;
    }

private:
    [[nodiscard]] std::uint32_t size() const {
        return static_cast<std::uint32_t>(program_.insns.size());
    }

    Checked<void> collect() {
        if (auto added = add(0); !added) return std::unexpected(added.error());
        for (std::uint32_t i = 0; i < size(); ++i) {
            const Insn& insn = program_.insns[i];
            const bool is_address = is(insn, Op::lddw_func);
            if (!is_address && !is(insn, Op::call_local)) continue;
            auto added = add(std::int64_t{i} + 1 + insn.imm);
            if (!added) return std::unexpected(added.error());
            (*added)->is_callback |= is_address;
        }
        return add_exception_callback();
    }

    Checked<Subprogram*> add(std::int64_t start) {
        if (start < 0 || start >= size()) return reject(EINVAL, "call to invalid destination");
        const auto at = static_cast<std::uint32_t>(start);
        if (const auto found = starts_.find(at); found != starts_.end()) return &found->second;
        if (starts_.size() >= max_subprograms) return reject(E2BIG, "too many subprograms");
        return &starts_.emplace(at, Subprogram{.start = at}).first->second;
    }

    Checked<void> add_exception_callback() {
        const auto start = exception_callback(program_, types_);
        if (!start) return std::unexpected(start.error());
        if (*start == 0) return {};
        auto added = add(*start);
        if (!added) return std::unexpected(added.error());
        (*added)->is_exception_callback = true;
        return {};
    }

    Checked<void> check(Subprogram& subprogram) {
        for (std::uint32_t i = subprogram.start; i < subprogram.end; ++i)
            if (auto checked = check(subprogram, i); !checked) return checked;
        const Insn& last = program_.insns[subprogram.end - 1];
        if (is(last, Op::exit) || is(last, Op::ja) || is(last, Op::gotol)) return {};
        return reject(EINVAL, "last insn is not an exit or jmp");
    }

    Checked<void> check(Subprogram& subprogram, std::uint32_t at) {
        const Insn& insn = program_.insns[at];
        subprogram.has_tail_call |= is(insn, Op::call_helper) && insn.imm == tail_call_helper;
        subprogram.has_ld_abs |= is_packet_load(insn);
        if (!is_jump(insn)) return {};
        const std::int64_t target = target_of(insn, at);
        if (target >= subprogram.start && target < subprogram.end) return {};
        return reject(EINVAL, fmt::format("jump out of range from insn {} to {}", at, target));
    }

    const ProgramSpec& program_;
    const Btf* types_;
    std::map<std::uint32_t, Subprogram> starts_;
};

}  // namespace

Checked<std::vector<Subprogram>> find_subprograms(const ProgramSpec& program, const Btf* types) {
    return Subprograms(program, types).find();
}

}  // namespace bpftwin::verifier
