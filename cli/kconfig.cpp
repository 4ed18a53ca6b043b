#include "cli/kconfig.h"

#include <algorithm>
#include <fstream>
#include <iterator>
#include <span>

#include "btf/near_names.h"
#include "fmt/format.h"

namespace bpftwin::cli {
namespace {

std::string_view name_in(std::string_view value) { return value.substr(0, value.find('=')); }

Result<void> check_form(const std::string& value) {
    const std::string_view name = name_in(value);
    const bool is_name = name.starts_with("CONFIG_") || name.starts_with("LINUX_");
    if (!is_name || name.size() + 1 >= value.size() || value.find('\n') != value.npos)
        return fail(
            fmt::format("--kconfig {}: is not CONFIG_NAME=VALUE or LINUX_NAME=VALUE", value));
    return {};
}

Result<std::string> read_config(const std::string& path) {
    std::ifstream in(path, std::ios::binary);
    const std::string bytes{std::istreambuf_iterator<char>(in), {}};
    if (!in) return fail(fmt::format("--kconfig-file {}: cannot be read", path));
    auto text = config_text(std::as_bytes(std::span(bytes)));
    if (!text) return std::unexpected(text.error().in("--kconfig-file " + path));
    return text;
}

std::vector<std::string_view> config_names(const ObjectSpec& object) {
    std::vector<std::string_view> names;
    for (const ExternSpec& spec : object.externs)
        if (spec.kind == ExternSpec::Kind::config) names.push_back(spec.name);
    return names;
}

}  // namespace

void add_kconfig_options(Options options, KconfigArguments& arguments) {
    options.add_repeatable(
        "--kconfig", arguments.values, "NAME=VALUE",
        "A value of the kernel's configuration that programs ask for (__kconfig)");
    options
        .add("--kconfig-file", arguments.file,
             "A kernel's configuration, plain or packed (default: the running kernel's)")
        .type("FILE");
}

Result<void> set_kconfig(ObjectSpec& object, const KconfigArguments& arguments) {
    std::string text;
    for (const std::string& value : arguments.values) {
        if (auto ok = check_form(value); !ok) return ok;
        text += value + '\n';
    }
    if (!arguments.file.empty()) {
        const auto file = read_config(arguments.file);
        if (!file) return std::unexpected(file.error());
        text += *file;
    }
    object.kconfig = std::move(text);
    return {};
}

Result<void> check_kconfig(const KconfigArguments& arguments, const ObjectSpec& object,
                           const std::vector<ExternOutcome>& outcomes) {
    const auto names = config_names(object);
    for (const std::string& value : arguments.values) {
        const std::string_view name = name_in(value);
        if (std::ranges::find(names, name) == names.end())
            return fail(fmt::format("--kconfig {}: {} does not ask for {}{}", value, object.name,
                                    name, did_you_mean(name, names)));
        const auto outcome = std::ranges::find(outcomes, name, &ExternOutcome::name);
        if (outcome != outcomes.end() && outcome->state == ExternState::failed)
            return fail(fmt::format("--kconfig {}: {}", value, outcome->why));
    }
    return {};
}

}  // namespace bpftwin::cli
