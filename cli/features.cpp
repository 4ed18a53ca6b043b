// `bpftwin features`: which program types, map types, helpers and BTF kinds a kernel has.
#include <memory>
#include <optional>

#include "cli/command.h"
#include "cli/feature_report.h"
#include "cli/terminal.h"
#include "compare/engines.h"
#include "fmt/format.h"
#include "helpers/maps/type_info.h"
#include "kernel-backend/probe.h"
#include "kernel-backend/vm.h"

namespace bpftwin::cli {
namespace {

using kernel::Kernel;

struct Arguments {
    std::string engine = "kernel";
    std::string type;
    bool json = false;
};

Result<std::unique_ptr<Kernel>> open_kernel(const std::string& engine) {
    if (!compare::is_kernel(engine))
        return fail(
            fmt::format("--engine: '{}' is no kernel; there are kernel and vm:IMAGE", engine));
    return kernel::kernel_named(engine);
}

FeatureGroup prog_type_group(Kernel& kernel) {
    FeatureGroup group{"program_types", "program types", {}};
    for (const ProgType type : prog_types())
        group.features.push_back(
            {std::string(name_of(type)), since(type), has_prog_type(kernel, type)});
    return group;
}

FeatureGroup map_type_group(Kernel& kernel) {
    FeatureGroup group{"map_types", "map types", {}};
    for (const MapTypeInfo& info : map_type_table())
        group.features.push_back(
            {std::string(info.name), since(info.type), has_map_type(kernel, info.type)});
    return group;
}

FeatureGroup btf_kind_group(Kernel& kernel) {
    FeatureGroup group{"btf_kinds", "BTF kinds", {}};
    for (const BtfKind kind : btf_kinds())
        group.features.push_back(
            {std::string(name_of(kind)), since(kind), has_btf_kind(kernel, kind)});
    return group;
}

/// Those that the table of helpers has for the type.
FeatureGroup helper_group(Kernel& kernel, ProgType type) {
    FeatureGroup group{"helpers", fmt::format("helpers of {}", name_of(type)), {}};
    for (const Helper& helper : helper_table())
        if (available_to(helper, type))
            group.features.push_back(
                {std::string(helper.name), helper.since, has_helper(kernel, type, helper)});
    return group;
}

/// Nothing where the command line names no type.
Result<std::optional<ProgType>> type_with_helpers(const std::string& name) {
    if (name.empty()) return std::nullopt;
    const auto type = prog_type_named(name);
    if (!type || *type == ProgType::unspec)
        return fail(fmt::format("--type {}: no such program type", name));
    if (*type == ProgType::ext)
        return fail("--type ext: these call what the program may whose function they replace");
    return type;
}

std::vector<FeatureGroup> ask(Kernel& kernel, std::optional<ProgType> type) {
    if (type) return {helper_group(kernel, *type)};
    return {prog_type_group(kernel), map_type_group(kernel), btf_kind_group(kernel)};
}

Result<Exit> run(const Arguments& arguments) {
    const auto type = type_with_helpers(arguments.type);
    if (!type) return std::unexpected(type.error());
    auto kernel = open_kernel(arguments.engine);
    if (!kernel) return std::unexpected(kernel.error());
    const auto groups = ask(**kernel, *type);
    // A machine that ended has answered nothing since.
    if (auto alive = (*kernel)->alive(); !alive) return std::unexpected(alive.error());
    const std::string& release = (*kernel)->release();
    print(arguments.json ? json_text(features_json(release, groups)) + '\n'
                         : features_text(release, groups, stdout_style()));
    return exit_fine;
}

}  // namespace

Command add_features(CommandLine& line) {
    auto arguments = std::make_shared<Arguments>();
    Options options = line.add_command("features", "List the BPF features that a kernel has");
    options.add("--engine", arguments->engine, "Which kernel: kernel, vm:IMAGE (default: kernel)")
        .type("NAME");
    options.add("--type", arguments->type,
                "Instead, the helpers that programs of this type may call");
    options.add_flag("--json", arguments->json, "JSON output (docs/json.md)");
    options.footer(
        "Each is asked for by loading the least program, map or types that tell; none is "
        "attached.\n"
        "Beside a name stands the first kernel with it, then yes, no, or ? and why the kernel\n"
        "could not be asked.\n\n"
        "Examples:\n"
        "  bpftwin features\n"
        "  bpftwin features --engine vm:6.1 --type xdp");
    return {options, [arguments] { return run(*arguments); }};
}

}  // namespace bpftwin::cli
