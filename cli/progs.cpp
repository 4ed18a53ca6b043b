// `bpftwin progs`: the programs of an object.
#include <memory>

#include "cli/command.h"
#include "cli/json.h"
#include "cli/object.h"
#include "cli/table.h"
#include "cli/terminal.h"
#include "fmt/format.h"

namespace bpftwin::cli {
namespace {

struct Arguments {
    ObjectArguments object;
    bool json = false;
};

std::string_view attach_name(const ProgramSpec& program) {
    return program.expected_attach_type ? name_of(*program.expected_attach_type) : "";
}

std::string text(const ObjectSpec& object) {
    Table table;
    table.add({"program", "section", "type", "attach type", "instructions"});
    for (const ProgramSpec& program : object.programs) {
        table.add({program.name, program.section, std::string(name_of(program.type)),
                   std::string(attach_name(program)), fmt::format("{}", program.insns.size())});
    }
    std::string license = object.license.empty() ? "no licence" : "licence " + object.license;
    return fmt::format("{} ({})\n{}", object.name, license, table.text("  "));
}

Json functions_json(const ProgramSpec& program) {
    Json list = Json::array();
    for (const Function& function : program.functions) {
        list.push_back({{"insn", function.insn}, {"name", function.name}});
    }
    return list;
}

Json program_json(const ProgramSpec& program) {
    Json json = {
        {"name", program.name}, {"section", program.section}, {"type", name_of(program.type)}};
    json["expected_attach_type"] =
        program.expected_attach_type ? Json(attach_name(program)) : Json();
    json["attach_target"] = program.attach_target;
    json["prog_flags"] = program.prog_flags;
    json["autoload"] = program.autoload;
    json["insns"] = program.insns.size();
    json["functions"] = functions_json(program);
    return json;
}

Json object_json(const ObjectSpec& object) {
    Json json = {{"object", object.name},
                 {"license", object.license},
                 {"kern_version", object.kern_version},
                 {"programs", Json::array()}};
    for (const ProgramSpec& program : object.programs) {
        json["programs"].push_back(program_json(program));
    }
    return json;
}

Result<Exit> run(const Arguments& arguments) {
    auto object = open_object(arguments.object);
    if (!object) return std::unexpected(object.error());
    print(arguments.json ? json_text(object_json(*object)) + '\n' : text(*object));
    return exit_fine;
}

}  // namespace

Command add_progs(CommandLine& line) {
    auto arguments = std::make_shared<Arguments>();
    Options options = line.add_command("progs", "List the programs of an object");
    add_object_arguments(options, arguments->object);
    options.add_flag("--json", arguments->json, "JSON output (docs/json.md)");
    options.footer("Example:\n  bpftwin progs tail_calls.o");
    return {options, [arguments] { return run(*arguments); }};
}

}  // namespace bpftwin::cli
