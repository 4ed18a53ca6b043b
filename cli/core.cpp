// `bpftwin core`: what an object wants to know of a kernel, its types above all, and what kernels
// answer.
#include <algorithm>
#include <memory>
#include <set>

#include "btf/source.h"
#include "cli/command.h"
#include "cli/json.h"
#include "cli/object.h"
#include "cli/table.h"
#include "cli/target.h"
#include "cli/terminal.h"
#include "fmt/format.h"
#include "fmt/ranges.h"
#include "isa/disasm.h"

namespace bpftwin::cli {
namespace {

struct Arguments {
    ObjectArguments object;
    std::vector<std::string> targets;
    std::string program;
    bool problems = false, json = false;
};

/// An object's relocations and externs in one target.
struct Answers {
    std::string target;
    std::vector<CoreOutcome> outcomes;
    std::vector<ExternOutcome> externs;
};

std::string instruction(std::span<const Insn> slots) {
    if (slots.empty()) return "";
    return disassemble(slots, 0).value_or("?");
}

bool is_problem(const CoreOutcome& outcome) {
    return outcome.relocation.state != CoreState::applied;
}

std::string painted(const CoreOutcome& outcome, Style style) {
    const std::string_view state = name_of(outcome.relocation.state);
    return is_problem(outcome) ? style.bad(state) : style.good(state);
}

/// The answers of one program, one after the other.
class ProgramReport {
public:
    ProgramReport(const ObjectSpec& object, const ProgramSpec& program, Style style)
        : object_(object), program_(program), style_(style) {}

    [[nodiscard]] std::string text(const std::vector<CoreOutcome>& outcomes, bool problems) const {
        std::string list;
        for (const CoreOutcome& outcome : outcomes)
            if (outcome.program == program_.name && (!problems || is_problem(outcome)))
                list += one(outcome);
        if (list.empty()) return "";
        return fmt::format("{} ({})\n{}", style_.bold(program_.name), program_.section, list);
    }

private:
    [[nodiscard]] std::string one(const CoreOutcome& outcome) const {
        std::string text =
            fmt::format("  insn {}: {} of {}: {}\n", outcome.relocation.insn,
                        outcome.kind.empty() ? "unknown kind" : outcome.kind,
                        outcome.local.empty() ? "?" : outcome.local, painted(outcome, style_));
        if (!outcome.target.empty()) text += fmt::format("    {}\n", found(outcome));
        if (!outcome.relocation.why.empty()) text += fmt::format("    {}\n", reason(outcome));
        if (!outcome.near.empty())
            text += fmt::format("    it has {}\n", fmt::join(outcome.near, ", "));
        text += fmt::format("    {}\n", change(outcome));
        return text + source(outcome.relocation.insn);
    }

    /// Without the relocation itself, which stands above it.
    static std::string_view reason(const CoreOutcome& outcome) {
        const std::string head = fmt::format("{} of {}: ", outcome.kind, outcome.local);
        const std::string_view why = outcome.relocation.why;
        return why.starts_with(head) ? why.substr(head.size()) : why;
    }

    static std::string found(const CoreOutcome& outcome) {
        const std::string of =
            outcome.module.empty() ? "" : fmt::format(" of module {}", outcome.module);
        return fmt::format("found {}{}", outcome.target, of);
    }

    static std::string change(const CoreOutcome& outcome) {
        const std::string before = instruction(outcome.before), after = instruction(outcome.after);
        if (after.empty() || before == after) return before;
        return fmt::format("{}  ->  {}", before, after);
    }

    [[nodiscard]] std::string source(std::uint32_t insn) const {
        const auto line = source_at(program_, object_.btf.get(), insn);
        if (!line) return "";
        return style_.dim(fmt::format("    {}:{}: {}", line->file, line->line, line->text)) + "\n";
    }

    const ObjectSpec& object_;
    const ProgramSpec& program_;
    Style style_;
};

std::string extern_text(const ExternOutcome& outcome, Style style) {
    const std::string_view state = name_of(outcome.state);
    const bool is_bad = outcome.state == ExternState::failed;
    const std::string of =
        outcome.module.empty() ? "" : fmt::format(" of module {}", outcome.module);
    return fmt::format("  extern {}: {} {}{}\n", outcome.name,
                       is_bad ? style.bad(state) : style.good(state),
                       outcome.why.empty() ? outcome.value : outcome.why, of);
}

std::string externs_text(std::span<const ExternOutcome> externs, bool problems) {
    std::string text;
    for (const ExternOutcome& outcome : externs)
        if (!problems || outcome.state != ExternState::resolved)
            text += extern_text(outcome, stdout_style());
    return text;
}

/// Externs that keep a program from loading.
std::size_t failed_externs(std::span<const ExternOutcome> externs, const ProgramSpec& program) {
    std::set<std::string_view> failed;
    for (const ExternOutcome& outcome : externs)
        if (outcome.state == ExternState::failed) failed.insert(outcome.name);
    std::set<std::string_view> used;
    for (const ExternReference& reference : program.externs)
        if (failed.contains(reference.name)) used.insert(reference.name);
    return used.size();
}

/// "ok", or how much has no answer.
std::string summary(const Answers& answers, const ProgramSpec& program) {
    std::size_t poisoned = 0, failed = failed_externs(answers.externs, program);
    for (const CoreOutcome& outcome : answers.outcomes) {
        if (outcome.program != program.name) continue;
        poisoned += outcome.relocation.state == CoreState::poisoned ? 1 : 0;
        failed += outcome.relocation.state == CoreState::failed ? 1 : 0;
    }
    std::vector<std::string> parts;
    if (failed != 0) parts.push_back(fmt::format("{} failed", failed));
    if (poisoned != 0) parts.push_back(fmt::format("{} poisoned", poisoned));
    return parts.empty() ? "ok" : fmt::format("{}", fmt::join(parts, ", "));
}

std::string matrix(const ObjectSpec& object, std::span<const Answers> answers,
                   const std::string& only) {
    Table table;
    std::vector<std::string> head = {"program", "relocations", "externs"};
    for (const Answers& one : answers) head.push_back(one.target);
    table.add(head);
    for (const ProgramSpec& program : object.programs) {
        if (!only.empty() && program.name != only) continue;
        std::vector<std::string> row = {program.name,
                                        fmt::format("{}", program.core_relocations.size()),
                                        fmt::format("{}", program.externs.size())};
        for (const Answers& one : answers) row.push_back(summary(one, program));
        table.add(row);
    }
    return table.text();
}

Json outcome_json(const ObjectSpec& object, const CoreOutcome& outcome) {
    const CoreRelocation& relocation = outcome.relocation;
    Json json = {{"program", outcome.program},
                 {"insn", relocation.insn},
                 {"kind", outcome.kind},
                 {"access", relocation.access},
                 {"state", name_of(relocation.state)},
                 {"local", outcome.local},
                 {"target", outcome.target.empty() ? Json() : Json(outcome.target)},
                 {"module", outcome.module.empty() ? Json() : Json(outcome.module)},
                 {"why", relocation.why.empty() ? Json() : Json(relocation.why)},
                 {"near", outcome.near},
                 {"before", instruction(outcome.before)},
                 {"after", outcome.after.empty() ? Json() : Json(instruction(outcome.after))}};
    const ProgramSpec* program = object.program(outcome.program);
    const auto line =
        program ? source_at(*program, object.btf.get(), relocation.insn) : std::nullopt;
    json["source"] =
        line ? Json{{"file", line->file}, {"line", line->line}, {"text", line->text}} : Json();
    return json;
}

Json externs_json(std::span<const ExternOutcome> externs) {
    Json list = Json::array();
    for (const ExternOutcome& outcome : externs)
        list.push_back({{"name", outcome.name},
                        {"state", name_of(outcome.state)},
                        {"value", outcome.value.empty() ? Json() : Json(outcome.value)},
                        {"module", outcome.module.empty() ? Json() : Json(outcome.module)},
                        {"why", outcome.why.empty() ? Json() : Json(outcome.why)}});
    return list;
}

Json answers_json(const ObjectSpec& object, std::span<const Answers> answers) {
    Json targets = Json::array();
    for (const Answers& one : answers) {
        Json list = Json::array();
        for (const CoreOutcome& outcome : one.outcomes)
            list.push_back(outcome_json(object, outcome));
        targets.push_back({{"target", one.target},
                           {"relocations", list},
                           {"externs", externs_json(one.externs)}});
    }
    return {{"object", object.name}, {"targets", targets}};
}

std::string text(const ObjectSpec& object, std::span<const Answers> answers,
                 const Arguments& arguments) {
    if (answers.size() > 1 && !arguments.problems)
        return matrix(object, answers, arguments.program);
    std::string text;
    for (const Answers& one : answers) {
        if (answers.size() > 1) text += fmt::format("== {}\n", one.target);
        for (const ProgramSpec& program : object.programs)
            text += ProgramReport(object, program, stdout_style())
                        .text(one.outcomes, arguments.problems);
        text += externs_text(one.externs, arguments.problems);
    }
    const bool none = std::ranges::all_of(
        answers, [](const Answers& a) { return a.outcomes.empty() && a.externs.empty(); });
    return none ? fmt::format("{}: no CO-RE relocations and no externs\n", object.name) : text;
}

Result<std::vector<Answers>> ask(ObjectSpec& object, const Arguments& arguments) {
    std::vector<std::string> paths = arguments.targets;
    if (paths.empty()) paths.emplace_back();
    std::vector<Answers> answers;
    for (const std::string& path : paths) {
        auto target = open_target(object, path);
        if (!target) return std::unexpected(target.error().in("--btf"));
        auto outcomes = resolve_core(object, *target);
        add_near(outcomes, object, *target);
        if (!arguments.program.empty())
            std::erase_if(outcomes,
                          [&](const CoreOutcome& o) { return o.program != arguments.program; });
        answers.push_back({target->name, std::move(outcomes), resolve_externs(object, *target)});
    }
    return answers;
}

bool has_failed(const Answers& answers) {
    return std::ranges::any_of(
               answers.outcomes,
               [](const CoreOutcome& o) { return o.relocation.state == CoreState::failed; }) ||
           std::ranges::any_of(answers.externs, [](const ExternOutcome& outcome) {
               return outcome.state == ExternState::failed;
           });
}

Result<Exit> run(const Arguments& arguments) {
    auto object = open_object(arguments.object);
    if (!object) return std::unexpected(object.error());
    if (!arguments.program.empty())
        if (auto known = choose_program(*object, arguments.program); !known)
            return std::unexpected(known.error());
    const auto answers = ask(*object, arguments);
    if (!answers) return std::unexpected(answers.error());
    print(arguments.json ? json_text(answers_json(*object, *answers)) + '\n'
                         : text(*object, *answers, arguments));
    return std::ranges::any_of(*answers, has_failed) ? exit_finding : exit_fine;
}

}  // namespace

Command add_core(CommandLine& line) {
    auto arguments = std::make_shared<Arguments>();
    Options options =
        line.add_command("core", "Show what CO-RE relocations and externs find in kernels");
    add_object_arguments(options, arguments->object);
    options.add_repeatable("--btf", arguments->targets, "FILE",
                           "A kernel: a file with its types, raw BTF or ELF, or vm:IMAGE (default: "
                           "the running kernel); several give a table of programs and kernels");
    add_kconfig_options(options, arguments->object.kconfig);
    options.add("--prog", arguments->program, "Only this program").type("NAME");
    options.add_flag("--problems", arguments->problems,
                     "Only what has no answer, also of several kernels");
    options.add_flag("--json", arguments->json, "JSON output (docs/json.md)");
    options.footer(
        "A poisoned relocation has no answer: its instruction must not be reached, as behind a "
        "check "
        "of\nbpf_core_field_exists. A failed one keeps its program from loading, and so does a "
        "failed extern. Of a "
        "file\nwith types, configuration and symbols are not known.\n\n"
        "Examples:\n"
        "  bpftwin core opensnoop.o\n"
        "  bpftwin core opensnoop.o --btf vmlinux-5.15.btf --btf vm:6.1 --btf kernel\n\n"
        "Exit status: 0 none failed, 1 some did, 2 bad usage or input");
    return {options, [arguments] { return run(*arguments); }};
}

}  // namespace bpftwin::cli
