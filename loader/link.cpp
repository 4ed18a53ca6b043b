#include "loader/link.h"

#include <algorithm>
#include <optional>
#include <unordered_map>

#include "fmt/format.h"
#include "isa/builder.h"
#include "loader/section_names.h"

namespace bpftwin {
namespace {

/// Instructions that the kernel takes in one program (BPF_COMPLEXITY_LIMIT_INSNS).
constexpr std::size_t most_insns = 1'000'000;

class Linker {
public:
    Linker(const LinkInput& input, ProgramSpec& program) : input_(input), program_(program) {}

    /// Places the entry function, all that it reaches, and what handles its exceptions.
    Result<void> link(std::uint32_t entry);

private:
    /// A placed function whose references are being followed.
    struct Open {
        std::uint32_t function;
        std::size_t next;  ///< Index of the next reference to look at.
    };

    /// Places what the placed functions reach.
    Result<void> follow_all();
    Result<void> place(std::uint32_t function);
    Result<void> add_info(const CodeFunction& function, std::uint32_t base);
    Result<void> check_info(const CodeFunction& function, const InsnInfo& info,
                            const InsnRange& range) const;
    Result<void> follow(const Reference& reference);
    void patch(const Reference& reference, std::uint32_t insn);
    void patch_extern(const Reference& reference, std::uint32_t insn);

    const LinkInput& input_;
    ProgramSpec& program_;
    std::unordered_map<std::uint32_t, std::uint32_t> bases_;  ///< First instruction by function.
    std::vector<Open> open_;
};

Result<void> Linker::link(std::uint32_t entry) {
    if (auto placed = place(entry); !placed) return placed;
    if (auto followed = follow_all(); !followed) return followed;
    const auto callback = input_.exceptions.callback_of(program_.name, input_.code);
    if (!callback) return {};
    if (!bases_.contains(*callback)) {
        if (auto placed = place(*callback); !placed) return placed;
        if (auto followed = follow_all(); !followed) return followed;
    }
    program_.exception_callback = bases_.at(*callback);
    return {};
}

Result<void> Linker::follow_all() {
    while (!open_.empty()) {
        auto& [function, next] = open_.back();
        const auto& references = input_.references[function];
        if (next == references.size()) {
            open_.pop_back();
            continue;
        }
        const auto& reference = references[next++];
        auto insn = bases_.at(function) + reference.insn;
        if (auto followed = follow(reference); !followed) return followed;
        patch(reference, insn);
    }
    return {};
}

Result<void> Linker::place(std::uint32_t index) {
    const auto& function = input_.code.functions()[index];
    auto base = program_.insns.size();
    if (base + function.insns.size() > most_insns)
        return fail(fmt::format("more than {} instructions with its subprograms", most_insns));
    bases_.emplace(index, static_cast<std::uint32_t>(base));
    open_.push_back({index, 0});
    function.insns.append_to(program_.insns);
    program_.functions.push_back({static_cast<std::uint32_t>(base), std::string(function.name)});
    return add_info(function, static_cast<std::uint32_t>(base));
}

/// The kernel wants func and line info for all functions of a program or for none.
Result<void> Linker::check_info(const CodeFunction& function, const InsnInfo& info,
                                const InsnRange& range) const {
    if (!program_.func_info.empty() && !info.has_functions(range))
        return fail(
            fmt::format("function {}: has no BTF func info, though its caller has", function.name));
    if (!program_.line_info.empty() && !info.has_lines(range))
        return fail(
            fmt::format("function {}: has no BTF line info, though its caller has", function.name));
    return {};
}

Result<void> Linker::add_info(const CodeFunction& function, std::uint32_t base) {
    static const InsnInfo none;
    const auto section = input_.ext.find(input_.elf.section(function.section)->name);
    const InsnInfo& info = section == input_.ext.end() ? none : section->second;
    const InsnRange range{function.first, function.end(), base};
    if (auto complete = check_info(function, info, range); !complete) return complete;
    info.copy_core(range, program_.core_relocations);
    const bool is_entry = program_.functions.size() == 1;
    if (is_entry || !program_.func_info.empty()) info.copy_functions(range, program_.func_info);
    if (is_entry || !program_.line_info.empty()) info.copy_lines(range, program_.line_info);
    return {};
}

Result<void> Linker::follow(const Reference& reference) {
    bool names_function = reference.kind == Reference::Kind::call ||
                          reference.kind == Reference::Kind::function_address;
    if (!names_function || bases_.contains(reference.target)) return {};
    return place(reference.target);
}

void set_map(Insn* insn, unsigned kind, std::uint32_t map, std::int32_t offset) {
    insn[0].src = kind & 0xf;
    insn[0].imm = static_cast<std::int32_t>(map);
    insn[1].imm = offset;
}

void Linker::patch_extern(const Reference& reference, std::uint32_t at) {
    auto* insn = &program_.insns[at];
    if (reference.kind == Reference::Kind::extern_config)
        set_map(insn, pseudo::map_value, reference.target, reference.offset);
    else if (reference.kind == Reference::Kind::extern_call)
        *insn = build::call_kfunc(0);
    else
        set_map(insn, 0, 0, 0);
    program_.externs.push_back(
        {at, reference.extern_index, input_.externs.all()[reference.extern_index].name});
}

void Linker::patch(const Reference& reference, std::uint32_t at) {
    auto* insn = &program_.insns[at];
    auto displacement = [&] {
        return static_cast<std::int32_t>(bases_.at(reference.target)) -
               static_cast<std::int32_t>(at) - 1;
    };
    switch (reference.kind) {
        case Reference::Kind::map: set_map(insn, pseudo::map_fd, reference.target, 0); return;
        case Reference::Kind::unnamed_map: program_.unnamed_maps.push_back(at); return;
        case Reference::Kind::map_value:
            set_map(insn, pseudo::map_value, reference.target, reference.offset);
            return;
        case Reference::Kind::call: insn->imm = displacement(); return;
        case Reference::Kind::function_address:
            set_map(insn, pseudo::func, 0, 0);
            insn->imm = displacement();
            return;
        case Reference::Kind::extern_config:
        case Reference::Kind::extern_address:
        case Reference::Kind::extern_call: patch_extern(reference, at); return;
    }
}

/// The program's name, section and type, before any code.
ProgramSpec describe(const CodeFunction& function, std::string_view section) {
    ProgramSpec program;
    program.name = function.name;
    program.autoload = !section.starts_with('?');
    program.section = std::string(program.autoload ? section : section.substr(1));
    auto meaning = section_meaning(program.section);
    program.type = meaning.type;
    program.expected_attach_type = meaning.attach_type;
    program.attach_target = std::move(meaning.attach_target);
    program.prog_flags = meaning.prog_flags;
    return program;
}

}  // namespace

Result<ProgramSpec> link_program(const LinkInput& input, std::uint32_t entry) {
    const auto& function = input.code.functions()[entry];
    auto program = describe(function, input.elf.section(function.section)->name);
    if (auto linked = Linker(input, program).link(entry); !linked)
        return std::unexpected(linked.error().in(fmt::format("program {}", program.name)));
    std::ranges::sort(program.externs, {}, &ExternReference::insn);
    std::ranges::sort(program.unnamed_maps);
    return program;
}

}  // namespace bpftwin
