// `bpftwin disasm`: programs in the syntax of the kernel's verifier logs.
#include <algorithm>
#include <map>
#include <memory>
#include <span>

#include "btf/btf.h"
#include "cli/command.h"
#include "cli/hex.h"
#include "cli/json.h"
#include "cli/object.h"
#include "cli/terminal.h"
#include "fmt/format.h"
#include "helpers/prototype.h"
#include "isa/decode.h"
#include "isa/disasm.h"
#include "jit/compile.h"
#include "jit/lower.h"
#include "vm/map_set.h"

namespace bpftwin::cli {
namespace {

struct Arguments {
    ObjectArguments object;
    std::string program;
    std::string jit;  ///< Target whose machine code is shown; empty: none.
    bool source = false;
    bool json = false;
};

std::string helper_name(std::int32_t id) {
    const Helper* helper = helper_by_id(static_cast<std::uint32_t>(id));
    return helper != nullptr ? fmt::format("bpf_{}", helper->name) : "";
}

std::string map_name(const ObjectSpec& object, const Insn& insn) {
    auto index = static_cast<std::uint32_t>(insn.imm);
    return index < object.maps.size() ? object.maps[index].name : "";
}

/// One instruction as text, with what stands before and behind it.
struct Line {
    std::uint32_t pc;
    std::string text;
    const Function* function = nullptr;  ///< That begins here.
    const LineInfo* info = nullptr;      ///< Where the source line is another than before.
    const Function* target = nullptr;    ///< Of a call or function pointer.
};

template <class Entries>
auto* entry_at(const Entries& entries, std::uint32_t insn) {
    auto found = std::ranges::find(entries, insn, &Entries::value_type::insn);
    return found != entries.end() ? &*found : nullptr;
}

const Function* target_of(const ProgramSpec& program, std::uint32_t pc, Op op) {
    if (op != Op::call_local && op != Op::lddw_func) return nullptr;
    return entry_at(program.functions, static_cast<std::uint32_t>(pc + 1 + program.insns[pc].imm));
}

bool same_line(const LineInfo* a, const LineInfo& b) {
    constexpr unsigned column_bits = 10;
    return a != nullptr && a->file_name_off == b.file_name_off &&
           a->line_col >> column_bits == b.line_col >> column_bits;
}

/// Line info sorted by instruction, read as the program counter advances.
class SourceCursor {
public:
    explicit SourceCursor(const std::vector<LineInfo>& lines)
        : next_(lines.begin()), end_(lines.end()) {}

    /// The line that begins at `pc`, or null if it is the one before or none.
    const LineInfo* at(std::uint32_t pc) {
        const LineInfo* found = nullptr;
        for (; next_ != end_ && next_->insn <= pc; ++next_) found = &*next_;
        if (found == nullptr || same_line(last_, *found)) return nullptr;
        return last_ = found;
    }

private:
    std::vector<LineInfo>::const_iterator next_, end_;
    const LineInfo* last_ = nullptr;
};

Result<std::vector<Line>> lines_of(const ObjectSpec& object, const ProgramSpec& program) {
    DisasmNames names{.helper = helper_name, .kfunc = {}, .map = [&](const Insn& insn) {
                          return map_name(object, insn);
                      }};
    SourceCursor source(program.line_info);
    std::vector<Line> lines;
    for (std::uint32_t pc = 0; pc < program.insns.size();) {
        auto text = disassemble(program.insns, pc, names);
        if (!text) return std::unexpected(text.error().in("program " + program.name));
        auto op = decode(program.insns[pc]);
        lines.push_back({pc, std::move(*text), entry_at(program.functions, pc), source.at(pc),
                         target_of(program, pc, *op)});
        pc += slots(*op);
    }
    return lines;
}

std::string_view stripped(std::string_view line) {
    std::size_t first = line.find_first_not_of(" \t");
    return first == std::string_view::npos ? "" : line.substr(first);
}

std::string source_text(const Btf& btf, const LineInfo& info) {
    std::string_view file = btf.string(info.file_name_off);
    return fmt::format("; {} @ {}:{}", stripped(btf.string(info.line_off)),
                       file.substr(file.rfind('/') + 1), info.line_col >> 10);
}

/// Machine code of a program by the first instruction that a piece of it stands for.
using MachineText = std::map<std::uint32_t, std::string>;

/// The code that the JIT makes for `target`. Addresses in it are those of this process.
Result<MachineText> machine_text(const ObjectSpec& object, const ProgramSpec& program,
                                 const jit::Target& target) {
    auto maps = MapSet::create(object, 1);
    if (!maps) return std::unexpected(maps.error());
    const auto addresses = maps->addresses();
    auto code = jit::compile_program(program, {addresses, maps->maps()}, target,
                                     {.cpu = target.features(), .metered = false, .listing = true});
    if (!code) return std::unexpected(code.error());
    MachineText text;
    for (std::size_t i = 0; i < code->places.size(); ++i) {
        // What is behind the last instruction are the stubs.
        const bool stub = i + 1 == code->places.size();
        text[stub ? static_cast<std::uint32_t>(program.insns.size()) : code->places[i].first_pc] +=
            code->listing[i];
    }
    return text;
}

/// Indents each line.
std::string machine_lines(std::string_view text, Style style) {
    std::string lines;
    for (std::size_t at = 0; at < text.size();) {
        const std::size_t end = std::min(text.find('\n', at), text.size());
        lines += "          " + style.dim(text.substr(at, end - at)) + '\n';
        at = end + 1;
    }
    return lines;
}

std::string line_text(const Btf* btf, const Line& line, bool source, Style style) {
    std::string text;
    if (line.function != nullptr) text += style.name(line.function->name) + ":\n";
    if (source && btf != nullptr && line.info != nullptr) {
        text += style.dim(source_text(*btf, *line.info)) + '\n';
    }
    text += fmt::format("{:>4}: {}", line.pc, line.text);
    if (line.target != nullptr) text += style.dim(fmt::format("  ; {}", line.target->name));
    return text + '\n';
}

/// How instructions are shown.
struct View {
    bool source;
    const jit::Target* target;  ///< Null: no machine code.
    Style style;
};

/// The instructions with the machine code of one or several behind them.
std::string interleaved(const ObjectSpec& object, std::span<const Line> lines,
                        const MachineText& machine, const View& view) {
    std::string text;
    auto code = machine.begin();
    const auto code_before = [&](std::uint32_t pc) {
        for (; code != machine.end() && code->first < pc; ++code)
            text += machine_lines(code->second, view.style);
    };
    for (const Line& line : lines) {
        code_before(line.pc);
        text += line_text(object.btf.get(), line, view.source, view.style);
    }
    code_before(~0U);
    return text;
}

Result<std::string> program_text(const ObjectSpec& object, const ProgramSpec& program,
                                 const View& view) {
    auto lines = lines_of(object, program);
    if (!lines) return std::unexpected(lines.error());
    MachineText machine;
    if (view.target != nullptr) {
        auto made = machine_text(object, program, *view.target);
        if (!made) return std::unexpected(made.error());
        machine = std::move(*made);
    }
    std::string text =
        fmt::format("{} ({}), {} instruction{}\n", view.style.bold(program.name), program.section,
                    program.insns.size(), program.insns.size() == 1 ? "" : "s");
    return text + interleaved(object, *lines, machine, view);
}

Json source_json(const Btf& btf, const LineInfo& info) {
    return {{"file", btf.string(info.file_name_off)},
            {"line", info.line_col >> 10},
            {"column", info.line_col & 0x3ff},
            {"text", btf.string(info.line_off)}};
}

Json line_json(const ObjectSpec& object, const ProgramSpec& program, const Line& line) {
    std::uint32_t count = slots(*decode(program.insns[line.pc]));
    auto insn = std::as_bytes(std::span(program.insns).subspan(line.pc, count));
    Json json = {{"pc", line.pc}, {"hex", hex(insn, "")}, {"text", line.text}};
    if (line.function != nullptr) json["function"] = line.function->name;
    if (line.target != nullptr) json["target"] = line.target->name;
    if (line.info != nullptr && object.btf != nullptr) {
        json["source"] = source_json(*object.btf, *line.info);
    }
    return json;
}

Result<Json> program_json(const ObjectSpec& object, const ProgramSpec& program) {
    auto lines = lines_of(object, program);
    if (!lines) return std::unexpected(lines.error());
    Json insns = Json::array();
    for (const Line& line : *lines) insns.push_back(line_json(object, program, line));
    return Json{{"name", program.name},
                {"section", program.section},
                {"type", name_of(program.type)},
                {"insns", insns}};
}

Result<std::vector<const ProgramSpec*>> chosen(ObjectSpec& object, const std::string& name) {
    std::vector<const ProgramSpec*> programs;
    if (name.empty()) {
        for (const ProgramSpec& program : object.programs) programs.push_back(&program);
        return programs;
    }
    auto program = choose_program(object, name);
    if (!program) return std::unexpected(program.error());
    programs.push_back(*program);
    return programs;
}

Result<Exit> print_text(const ObjectSpec& object, const std::vector<const ProgramSpec*>& programs,
                        const View& view) {
    for (const ProgramSpec* program : programs) {
        auto text = program_text(object, *program, view);
        if (!text) return std::unexpected(text.error());
        print((program == programs.front() ? "" : "\n") + *text);
    }
    return exit_fine;
}

Result<Exit> print_json(const ObjectSpec& object, const std::vector<const ProgramSpec*>& programs) {
    Json list = Json::array();
    for (const ProgramSpec* program : programs) {
        auto json = program_json(object, *program);
        if (!json) return std::unexpected(json.error());
        list.push_back(std::move(*json));
    }
    print(json_text(Json{{"object", object.name}, {"programs", list}}) + '\n');
    return exit_fine;
}

Result<Exit> run(const Arguments& arguments) {
    auto ready = open_ready_object(arguments.object);
    if (!ready) return std::unexpected(ready.error());
    ObjectSpec& object = ready->spec;
    auto programs = chosen(object, arguments.program);
    if (!programs) return std::unexpected(programs.error());
    if (arguments.json) return print_json(object, *programs);
    View view{arguments.source, nullptr, stdout_style()};
    if (!arguments.jit.empty()) {
        auto target = jit::target_named(arguments.jit);
        if (!target) return std::unexpected(target.error().in("--jit"));
        view.target = *target;
    }
    return print_text(object, *programs, view);
}

}  // namespace

Command add_disasm(CommandLine& line) {
    auto arguments = std::make_shared<Arguments>();
    Options options =
        line.add_command("disasm", "Disassemble programs in the kernel verifier's syntax");
    add_object_arguments(options, arguments->object);
    add_kernel_arguments(options, arguments->object);
    options.add("--prog", arguments->program, "Only this program");
    options.add_flag("--source", arguments->source,
                     "Show C source lines, where the object has them");
    const Option jit = options
                           .add("--jit", arguments->jit,
                                "Show the machine code that the JIT makes, under the instructions "
                                "that it stands for")
                           .type("x86_64|arm64");
    options.add_flag("--json", arguments->json, "JSON output (docs/json.md)").excludes(jit);
    options.footer(
        "Examples:\n"
        "  bpftwin disasm xdp_parser.o --prog parse --source\n"
        "  bpftwin disasm xdp_parser.o --source --jit arm64");
    return {options, [arguments] { return run(*arguments); }};
}

}  // namespace bpftwin::cli
