// Lookup of functions and source lines by instruction.
#include "btf/source.h"

#include <algorithm>

#include "btf/btf.h"

namespace bpftwin {
namespace {

/// The last entry that begins at or before `pc`, or null.
template <class T>
const T* entry_at(const std::vector<T>& entries, std::uint32_t pc) {
    auto after = std::ranges::upper_bound(entries, pc, {}, &T::insn);
    return after == entries.begin() ? nullptr : &*std::prev(after);
}

std::string_view trimmed(std::string_view text) {
    auto first = text.find_first_not_of(" \t");
    return first == std::string_view::npos ? std::string_view() : text.substr(first);
}

/// Compilers put the compilation directory in front of relative names, "." where that was hidden.
std::string_view without_dot(std::string_view path) {
    return path.starts_with("./") ? path.substr(2) : path;
}

}  // namespace

std::string_view function_at(const ProgramSpec& program, std::uint32_t pc) {
    const Function* function = entry_at(program.functions, pc);
    return function ? std::string_view(function->name) : std::string_view(program.name);
}

std::optional<SourceLine> source_at(const ProgramSpec& program, const Btf* btf, std::uint32_t pc) {
    const LineInfo* line = entry_at(program.line_info, pc);
    if (!btf || !line) return std::nullopt;
    return SourceLine{.file = std::string(without_dot(btf->string(line->file_name_off))),
                      .line = line->line_col >> 10,
                      .column = line->line_col & 0x3ff,
                      .text = std::string(trimmed(btf->string(line->line_off)))};
}

}  // namespace bpftwin
