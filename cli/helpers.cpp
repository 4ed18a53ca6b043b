// `bpftwin helpers`: the helper table, derived from helpers/helpers.def.
#include <array>
#include <memory>

#include "cli/command.h"
#include "cli/json.h"
#include "cli/table.h"
#include "cli/terminal.h"
#include "fmt/format.h"
#include "helpers/prototype.h"

namespace bpftwin::cli {
namespace {

struct Arguments {
    std::string type;
    std::string pattern;
    bool implemented = false;
    bool json = false;
};

/// A row's prototype in the words of helpers/helpers.def.
struct Prototype {
    std::string_view returns;
    std::string_view arguments;  ///< "map, key"
};

/// Names that are keywords of C++ end in an underscore in the table.
constexpr std::string_view without_underscore(std::string_view name) {
    return name.ends_with('_') ? name.substr(0, name.size() - 1) : name;
}

constexpr auto prototypes = std::to_array<Prototype>({
#define HELPER(id, name, since, returns, flags, types, runs, ...) \
    {without_underscore(#returns), #__VA_ARGS__},
#include "helpers/helpers.def"
});

const Prototype& prototype(const Helper& helper) { return prototypes[helper.id - 1]; }

std::string signature(const Helper& helper) {
    return fmt::format("{}({}) -> {}", helper.name, prototype(helper).arguments,
                       prototype(helper).returns);
}

std::string notes(const Helper& helper) {
    std::string text;
    if (helper.gpl_only) text += "gpl ";
    if (helper.might_sleep) text += "sleepable ";
    if (!helper.implemented) text += "not run here";
    return text;
}

Json argument_list(std::string_view words) {
    Json list = Json::array();
    while (!words.empty()) {
        std::size_t end = std::min(words.find(", "), words.size());
        list.push_back(words.substr(0, end));
        words.remove_prefix(std::min(end + 2, words.size()));
    }
    return list;
}

Json helper_json(const Helper& helper) {
    Json types = Json::array();
    for (ProgType type : prog_types()) {
        if (available_to(helper, type)) types.push_back(name_of(type));
    }
    return {{"id", helper.id},
            {"name", helper.name},
            {"args", argument_list(prototype(helper).arguments)},
            {"returns", prototype(helper).returns},
            {"gpl_only", helper.gpl_only},
            {"might_sleep", helper.might_sleep},
            {"since", helper.since},
            {"implemented", helper.implemented},
            {"program_types", types}};
}

bool wanted(const Arguments& arguments, std::optional<ProgType> type, const Helper& helper) {
    std::string_view pattern = arguments.pattern;
    if (pattern.starts_with("bpf_")) pattern.remove_prefix(4);
    return helper.name.contains(pattern) && (!type || available_to(helper, *type)) &&
           (!arguments.implemented || helper.implemented);
}

std::string text(const std::vector<const Helper*>& helpers) {
    Table table;
    std::size_t implemented = 0;
    for (const Helper* helper : helpers) {
        table.add({fmt::format("{:>3}", helper->id), signature(*helper), std::string(helper->since),
                   notes(*helper)});
        implemented += helper->implemented ? 1 : 0;
    }
    return table.text() + fmt::format("{} helpers, {} run here\n", helpers.size(), implemented);
}

Result<Exit> run(const Arguments& arguments) {
    auto type = arguments.type.empty() ? std::nullopt : prog_type_named(arguments.type);
    if (!type && !arguments.type.empty()) {
        return fail(fmt::format("--type {}: no such program type", arguments.type));
    }
    std::vector<const Helper*> helpers;
    for (const Helper& helper : helper_table()) {
        if (wanted(arguments, type, helper)) helpers.push_back(&helper);
    }
    if (!arguments.json) {
        print(text(helpers));
        return exit_fine;
    }
    Json list = Json::array();
    for (const Helper* helper : helpers) list.push_back(helper_json(*helper));
    print(json_text(Json{{"helpers", list}}) + '\n');
    return exit_fine;
}

}  // namespace

Command add_helpers(CommandLine& line) {
    auto arguments = std::make_shared<Arguments>();
    Options options =
        line.add_command("helpers", "List the kernel's helpers and which of them run here");
    options.add("--type", arguments->type, "Only helpers that programs of this type may call");
    options.add("--name", arguments->pattern, "Only helpers whose name contains this");
    options.add_flag("--implemented", arguments->implemented, "Only helpers that run here");
    options.add_flag("--json", arguments->json, "JSON output (docs/json.md)");
    options.footer("Example:\n  bpftwin helpers --type xdp --name redirect");
    return {options, [arguments] { return run(*arguments); }};
}

}  // namespace bpftwin::cli
