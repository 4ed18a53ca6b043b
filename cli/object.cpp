#include "cli/object.h"

#include <algorithm>
#include <array>

#include "cli/assembly.h"
#include "cli/compile.h"
#include "cli/target.h"
#include "compare/judge.h"
#include "fmt/format.h"
#include "fmt/ranges.h"
#include "helpers/prototype.h"
#include "isa/decode.h"
#include "vm/context.h"

namespace bpftwin::cli {
namespace {

std::string stem(std::string_view path) {
    path.remove_prefix(path.rfind('/') + 1);
    return std::string(path.substr(0, path.find('.', 1)));
}

Result<ObjectSpec> open_c(const std::string& path) {
    auto image = compile_c(path);
    if (!image) return std::unexpected(image.error());
    auto object = load_elf(*image, stem(path));
    return object ? std::move(object) : std::unexpected(object.error().in(path));
}

Result<ObjectSpec> open_file(const std::string& path) {
    if (path.ends_with(".c")) return open_c(path);
    if (path.ends_with(".s") || path.ends_with(".bpfasm")) return open_assembly(path, stem(path));
    return load_elf_file(path);
}

std::string program_list(const ObjectSpec& object) {
    std::vector<std::string> names;
    for (const ProgramSpec& program : object.programs) {
        names.push_back(fmt::format("{} ({})", program.name, program.section));
    }
    return fmt::format("{}", fmt::join(names, ", "));
}

/// Helpers that give objects of the kernel or look at its types.
bool asks_for_types(std::uint32_t number) {
    constexpr auto names =
        std::to_array<std::string_view>({"get_current_task", "get_current_task_btf", "snprintf_btf",
                                         "seq_printf_btf", "btf_find_by_name_kind"});
    const Helper* helper = helper_by_id(number);
    return helper && (std::ranges::find(names, helper->name) != names.end() ||
                      helper->name.starts_with("skc_to_"));
}

/// Whether a program may meet objects of the kernel: its hook passes them, or it asks for one.
bool meets_objects(const ProgramSpec& program) {
    if (!program.autoload) return false;
    if (probes_memory(program.type) && program.type != ProgType::raw_tracepoint) return true;
    return std::ranges::any_of(program.insns, [&](const Insn& insn) {
        const auto op = decode(insn);
        const auto id = static_cast<std::uint32_t>(insn.imm);
        return op == Op::call_kfunc || (op == Op::call_helper && asks_for_types(id));
    });
}

/// Programs that the object asks to load: not those in sections "?name".
std::vector<ProgramSpec*> candidates(ObjectSpec& object) {
    std::vector<ProgramSpec*> loaded;
    for (ProgramSpec& program : object.programs) {
        if (program.autoload) loaded.push_back(&program);
    }
    return loaded;
}

}  // namespace

void add_object_arguments(Options options, ObjectArguments& arguments) {
    options.add("OBJ", arguments.path, "ELF object, C source (.c) or assembler text (.s, .bpfasm)")
        .required();
    options.add("--type", arguments.type,
                "Program type where the object does not say it (xdp, kprobe)");
    add_edit_options(options, arguments.edits);
}

void add_kernel_arguments(Options options, ObjectArguments& arguments) {
    add_btf_option(options, arguments.btf);
    add_kconfig_options(options, arguments.kconfig);
}

Result<ObjectSpec> open_object(const ObjectArguments& arguments) {
    std::optional<ProgType> type;
    if (!arguments.type.empty()) {
        type = prog_type_named(arguments.type);
        if (!type) return fail(fmt::format("--type {}: no such program type", arguments.type));
    }
    auto object = open_file(arguments.path);
    if (!object) return object;
    if (type)
        for (ProgramSpec& program : object->programs) program.type = *type;
    if (auto done = set_kconfig(*object, arguments.kconfig); !done)
        return std::unexpected(done.error());
    auto edited = apply_edits(*object, arguments.edits);
    return edited ? std::move(object) : std::unexpected(edited.error().in(arguments.path));
}

Result<ReadyObject> open_ready_object(const ObjectArguments& arguments) {
    auto object = open_object(arguments);
    if (!object) return std::unexpected(object.error());
    ReadyObject ready{std::move(*object), nullptr, is_this_machine(arguments.btf)};
    const auto outcomes = make_ready(ready.spec, arguments.btf, ready.kernel_types);
    if (!outcomes) return std::unexpected(outcomes.error());
    if (auto taken = check_kconfig(arguments.kconfig, ready.spec, *outcomes); !taken)
        return std::unexpected(taken.error());
    return ready;
}

std::shared_ptr<const Btf> object_types(const ReadyObject& ready, bool wanted) {
    if (ready.kernel_types || !ready.is_this_machine) return ready.kernel_types;
    const bool needed = wanted || std::ranges::any_of(ready.spec.programs, meets_objects);
    return needed ? compare::kernel_types_here() : nullptr;
}

Result<ProgramSpec*> choose_program(ObjectSpec& object, const std::string& name) {
    if (object.programs.empty()) return fail(object.name + ": the object has no programs");
    if (!name.empty()) {
        if (ProgramSpec* program = object.program(name)) return program;
        return fail(fmt::format("--prog {}: no such program; {} has {}", name, object.name,
                                program_list(object)));
    }
    auto programs = candidates(object);
    if (programs.size() == 1) return programs.front();
    return fail(fmt::format("{} has {} programs; choose one with --prog: {}", object.name,
                            object.programs.size(), program_list(object)));
}

}  // namespace bpftwin::cli
