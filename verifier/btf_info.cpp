#include "verifier/btf_info.h"

#include "btf/wire.h"
#include "fmt/format.h"

namespace bpftwin::verifier {
namespace {

bool has_info(const ObjectSpec& object, const ProgramSpec& program) {
    return object.btf && (!program.func_info.empty() || !program.line_info.empty());
}

/// What subprograms must not do whose return type is not known (check_abnormal_return).
Checked<void> check_without_types(std::span<const Subprogram> subprograms) {
    for (const Subprogram& subprogram : subprograms.subspan(1)) {
        if (subprogram.has_ld_abs)
            return reject(EINVAL, "LD_ABS is not allowed in subprogs without BTF");
        if (subprogram.has_tail_call)
            return reject(EINVAL, "tail_call is not allowed in subprogs without BTF");
    }
    return {};
}

/// Whether a function of that type returns a number of at most 8 bytes.
bool returns_number(const Btf& types, const BtfType& function) {
    const BtfType& type = types.type(types.resolve(types.type(function.type).type));
    return is_enumeration(type.kind) || (type.kind == BtfKind::int_ && type.size <= 8);
}

Checked<void> check_function(const Btf& types, const FuncInfo& function,
                             const Subprogram& subprogram) {
    if (subprogram.start != function.insn)
        return reject(EINVAL, "func_info BTF section doesn't match subprog layout in BPF program");
    if (subprogram.start == 0 || returns_number(types, types.type(function.type_id))) return {};
    if (subprogram.has_ld_abs)
        return reject(EINVAL, "LD_ABS is only allowed in functions that return 'int'.");
    if (subprogram.has_tail_call)
        return reject(EINVAL, "tail_call is only allowed in functions that return 'int'.");
    return {};
}

Checked<void> check_functions(const Btf& types, std::span<const FuncInfo> functions,
                              std::span<const Subprogram> subprograms) {
    if (functions.empty()) return check_without_types(subprograms);
    if (functions.size() != subprograms.size())
        return reject(EINVAL, "number of funcs in func_info doesn't match number of subprogs");
    for (std::size_t i = 0; i < functions.size(); ++i)
        if (auto checked = check_function(types, functions[i], subprograms[i]); !checked)
            return checked;
    return {};
}

/// The lines of a program, one after the other, along its subprograms.
class Lines {
public:
    Lines(const Btf& types, std::span<const Insn> insns, std::span<const Subprogram> subprograms)
        : strings_(btf_wire::read<btf_wire::Header>(types.raw(), 0).string_length),
          insns_(insns),
          subprograms_(subprograms) {}

    Checked<void> check(std::span<const LineInfo> lines) {
        if (lines.empty()) return {};
        for (std::size_t i = 0; i < lines.size(); ++i) {
            if (auto checked = check(lines, i); !checked) return checked;
            if (auto checked = begin_function(lines[i].insn); !checked) return checked;
        }
        const std::size_t missing = subprograms_.size() - begun_;
        if (missing == 0) return {};
        return reject(
            EINVAL, fmt::format("missing bpf_line_info for {} funcs starting from func#{}", missing,
                                begun_));
    }

private:
    [[nodiscard]] Checked<void> check(std::span<const LineInfo> lines, std::size_t i) const {
        const LineInfo& line = lines[i];
        const std::uint32_t before = i == 0 ? 0 : lines[i - 1].insn;
        if ((i != 0 && line.insn <= before) || line.insn >= insns_.size())
            return reject(
                EINVAL,
                fmt::format("Invalid line_info[{}].insn_off:{} (prev_offset:{} prog->len:{})", i,
                            line.insn, before, insns_.size()));
        if (insns_[line.insn].code == 0)
            return reject(EINVAL, fmt::format("Invalid insn code at line_info[{}].insn_off", i));
        if (line.line_off >= strings_ || line.file_name_off >= strings_)
            return reject(EINVAL,
                          fmt::format("Invalid line_info[{}].line_off or .file_name_off", i));
        return {};
    }

    /// The first line at or behind the start of the next function has to be its own.
    Checked<void> begin_function(std::uint32_t insn) {
        if (begun_ == subprograms_.size() || insn < subprograms_[begun_].start) return {};
        if (insn != subprograms_[begun_].start)
            return reject(EINVAL, fmt::format("missing bpf_line_info for func#{}", begun_));
        ++begun_;
        return {};
    }

    std::uint32_t strings_;  ///< Bytes of names.
    std::span<const Insn> insns_;
    std::span<const Subprogram> subprograms_;
    std::size_t begun_ = 0;  ///< Functions that have their line.
};

}  // namespace

Checked<void> check_func_info(const ObjectSpec& object, const ProgramSpec& program) {
    if (!has_info(object, program)) return {};
    const auto& functions = program.func_info;
    for (std::size_t i = 0; i < functions.size(); ++i) {
        const FuncInfo& function = functions[i];
        if (i == 0 && function.insn != 0)
            return reject(EINVAL, fmt::format("nonzero insn_off {} for the first func info record",
                                              function.insn));
        if (i != 0 && function.insn <= functions[i - 1].insn)
            return reject(
                EINVAL,
                fmt::format("same or smaller insn offset ({}) than previous func info record ({})",
                            function.insn, functions[i - 1].insn));
        if (object.btf->kind(function.type_id) != BtfKind::func)
            return reject(EINVAL, fmt::format("invalid type id {} in func info",
                                              static_cast<std::int32_t>(function.type_id)));
    }
    return {};
}

Checked<void> check_btf_info(const ObjectSpec& object, const ProgramSpec& program,
                             std::span<const Subprogram> subprograms) {
    if (!has_info(object, program)) return check_without_types(subprograms);
    auto checked = check_functions(*object.btf, program.func_info, subprograms);
    if (!checked) return checked;
    return Lines(*object.btf, program.insns, subprograms).check(program.line_info);
}

const BtfType* function_type(const ObjectSpec& object, const ProgramSpec& program,
                             std::uint32_t subprogram) {
    if (!object.btf || subprogram >= program.func_info.size()) return nullptr;
    return &object.btf->type(program.func_info[subprogram].type_id);
}

}  // namespace bpftwin::verifier
