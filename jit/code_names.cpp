#include "jit/code_names.h"

#include <algorithm>

#include "btf/source.h"
#include "fmt/format.h"

namespace bpftwin::jit {
namespace {

/// A name may come from any file: blanks and control characters would mean something to a reader.
std::string visible(std::string name) {
    std::ranges::replace_if(name, [](unsigned char c) { return c <= ' ' || c == 0x7f; }, '?');
    return name;
}

void add_functions(std::vector<CodeName>& names, const ProgramCode& code,
                   const ProgramCode::Part& part) {
    const std::uint64_t begin = reinterpret_cast<std::uint64_t>(code.memory().begin()) + part.begin;
    const auto& offsets = part.code.function_offsets;
    for (std::size_t i = 0; i < offsets.size(); ++i) {
        const std::uint32_t end = i + 1 < offsets.size() ? offsets[i + 1] : part.size;
        const auto first = code.find(begin + offsets[i]);
        names.push_back({begin + offsets[i], end - offsets[i],
                         visible(fmt::format("bpf_prog_{}::{}", part.program->name,
                                             function_at(*part.program, first->place->first_pc)))});
    }
}

}  // namespace

std::vector<CodeName> names_of(const ProgramCode& code) {
    const auto begin = reinterpret_cast<std::uint64_t>(code.memory().begin());
    const std::uint64_t first = code.parts().empty() ? code.memory().size() : code.parts()[0].begin;
    std::vector<CodeName> names = {{begin, first, "bpftwin_enter"}};
    for (const ProgramCode::Part& part : code.parts()) add_functions(names, code, part);
    return names;
}

}  // namespace bpftwin::jit
