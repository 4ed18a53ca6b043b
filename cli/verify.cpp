// `bpftwin verify`: what a verifier says of programs.
#include <memory>

#include "cli/command.h"
#include "cli/explain.h"
#include "cli/panel.h"
#include "fmt/format.h"

namespace bpftwin::cli {
namespace {

struct Arguments {
    std::vector<std::string> objects;
    ObjectArguments object;  ///< But for its path.
    std::string program;
    std::string engine = "bpftwin";
    std::uint32_t log_level = 0;
    bool explain = false, csv = false, json = false;
};

/// An object's programs and what was said of them.
struct JudgedObject {
    ObjectSpec object;
    std::vector<Judged> programs;
};

Result<JudgedObject> judge(Panel& panel, const std::string& path, const Arguments& arguments) {
    ObjectArguments from = arguments.object;
    from.path = path;
    auto question = open_question(from, arguments.program);
    if (!question) return std::unexpected(question.error());
    auto judged = panel.judge(*question, arguments.log_level);
    if (!judged) return std::unexpected(judged.error().in(path));
    return JudgedObject{std::move(question->object), std::move(*judged)};
}

void show(const Judged& judged, const ObjectSpec& object, const Arguments& arguments) {
    if (arguments.csv) return print(csv_line(judged));
    print(verdict_text(judged, stdout_style()));
    if (arguments.explain) print(explanation_text(judged, object, stdout_style()));
    if (arguments.log_level != 0) print(judged.verdict.log);
}

Json json_of(const Judged& judged, const ObjectSpec& object) {
    Json json = judged_json(judged);
    json["explanation"] = explanation_json(judged, object);
    return json;
}

Result<Exit> verify(const Arguments& arguments) {
    auto panel = make_panel({&arguments.engine, 1}, "--engine");
    if (!panel) return std::unexpected(panel.error());
    if (arguments.csv) print(csv_head());
    Json list = Json::array();
    Answers answers;
    for (const std::string& path : arguments.objects) {
        auto judged = judge(*panel, path, arguments);
        if (!judged) return std::unexpected(judged.error());
        for (const Judged& one : judged->programs) {
            answers.add(one.verdict.answer);
            if (arguments.json)
                list.push_back(json_of(one, judged->object));
            else
                show(one, judged->object, arguments);
        }
    }
    if (arguments.json)
        print(json_text(Json{{"verifier", panel->releases()}, {"programs", list}}) + '\n');
    return answers.accepted == answers.all() ? exit_fine : exit_finding;
}

}  // namespace

Command add_verify(CommandLine& line) {
    auto arguments = std::make_shared<Arguments>();
    Options options =
        line.add_command("verify", "Say whether a kernel would accept programs, and why not");
    options.add("OBJ", arguments->objects, "ELF objects, C sources (.c) or assembler texts")
        .required();
    options.add("--type", arguments->object.type,
                "Program type where the object does not say it (xdp)");
    add_edit_options(options, arguments->object.edits);
    options.add("--prog", arguments->program, "Only this program").type("NAME");
    add_verifier_option(options, arguments->engine);
    add_kconfig_options(options, arguments->object.kconfig);
    options
        .add("--log-level", arguments->log_level,
             "Show the verifier's log: 1 branches, 2 every instruction, 4 only numbers")
        .type("N");
    const Option explain =
        options.add_flag("--explain", arguments->explain,
                         "Say in plain words what is wrong, on which path, and what to change "
                         "(docs/rejections.md)");
    options.add_flag("--csv", arguments->csv, "The columns of veristat")
        .excludes(explain)
        .excludes(options.add_flag("--json", arguments->json, "JSON output (docs/json.md)"));
    options.footer(
        "bpftwin's own verifier follows Linux 6.18 and needs no privilege. What it does not know "
        "yet\n"
        "it calls unsupported, with the feature. A kernel loads the programs and drops them "
        "again,\n"
        "none is attached.\n\n"
        "Examples:\n"
        "  bpftwin verify parser.c\n"
        "  bpftwin verify parser.c --explain\n"
        "  bpftwin verify *.o --csv > verdicts.csv\n"
        "  bpftwin verify lb.o --prog balance --log-level 2\n"
        "  bpftwin verify lb.o --engine vm:6.12\n\n"
        "Exit status: 0 all accepted, 1 some not, 2 bad usage or input");
    return {options, [arguments] { return verify(*arguments); }};
}

}  // namespace bpftwin::cli
