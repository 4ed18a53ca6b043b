#include "cli/assembly.h"

#include <algorithm>
#include <map>

#include "cli/hex.h"
#include "fmt/format.h"
#include "helpers/prototype.h"
#include "isa/assembler.h"
#include "isa/decode.h"

namespace bpftwin::cli {
namespace {

std::string_view trimmed(std::string_view text) {
    constexpr std::string_view blank = " \t\r";
    std::size_t first = text.find_first_not_of(blank);
    if (first == std::string_view::npos) return {};
    return text.substr(first, text.find_last_not_of(blank) - first + 1);
}

/// What follows "type:" in a comment line.
std::optional<std::string_view> type_in_comment(std::string_view line) {
    line = trimmed(line);
    std::size_t text = line.find_first_not_of(";#/ \t");
    if (text == 0 || text == std::string_view::npos) return std::nullopt;
    line.remove_prefix(text);
    constexpr std::string_view key = "type:";
    if (!line.starts_with(key)) return std::nullopt;
    return trimmed(line.substr(key.size()));
}

Result<ProgType> declared_type(std::string_view text) {
    while (!text.empty()) {
        std::size_t end = std::min(text.find('\n'), text.size());
        if (auto name = type_in_comment(text.substr(0, end))) {
            auto type = prog_type_named(*name);
            if (!type) return fail(fmt::format("type '{}' is no program type", *name));
            return *type;
        }
        text.remove_prefix(std::min(end + 1, text.size()));
    }
    return ProgType::unspec;
}

std::optional<std::int32_t> helper_number(std::string_view name) {
    if (name.starts_with("bpf_")) name.remove_prefix(4);
    const Helper* helper = helper_named(name);
    return helper != nullptr ? std::optional(static_cast<std::int32_t>(helper->id)) : std::nullopt;
}

bool refers_to_function(const Insn& insn) {
    auto op = decode(insn);
    return op && (*op == Op::call_local || *op == Op::lddw_func);
}

/// The program and every function that it calls or takes the address of.
std::vector<Function> functions(const std::vector<Insn>& insns, const std::string& name) {
    std::map<std::uint32_t, std::string> by_insn{{0, name}};
    for (std::uint32_t pc = 0; pc < insns.size(); ++pc) {
        if (!refers_to_function(insns[pc])) continue;
        auto target = static_cast<std::uint32_t>(pc + 1 + insns[pc].imm);
        by_insn.try_emplace(target, fmt::format("function_{}", target));
    }
    std::vector<Function> result;
    for (const auto& [insn, function] : by_insn) result.push_back({insn, function});
    return result;
}

}  // namespace

Result<ObjectSpec> assembly_object(std::string_view text, const std::string& name) {
    auto type = declared_type(text);
    if (!type) return std::unexpected(type.error());
    auto insns = assemble(text, {.helper = helper_number, .kfunc = {}});
    if (!insns) return std::unexpected(insns.error());
    if (insns->empty()) return fail("no instructions");
    auto valid = validate(*insns);
    if (!valid) return std::unexpected(valid.error());
    ProgramSpec program;
    program.name = name;
    program.section = name_of(*type);
    program.type = *type;
    program.functions = functions(*insns, name);
    program.insns = std::move(*insns);
    ObjectSpec object;
    object.name = name;
    object.license = "GPL";
    object.programs.push_back(std::move(program));
    return object;
}

Result<ObjectSpec> open_assembly(const std::string& path, const std::string& name) {
    auto bytes = read_bytes(path);
    if (!bytes) return std::unexpected(bytes.error());
    auto text = std::string_view(reinterpret_cast<const char*>(bytes->data()), bytes->size());
    auto object = assembly_object(text, name);
    return object ? std::move(object) : std::unexpected(object.error().in(path));
}

}  // namespace bpftwin::cli
