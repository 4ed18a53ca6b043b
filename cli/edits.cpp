#include "cli/edits.h"

#include <charconv>

#include "fmt/format.h"

namespace bpftwin::cli {
namespace {

struct Assignment {
    std::string_view name, value;
};

/// Members may be named in the place, but no '=' is.
Result<Assignment> assignment(std::string_view text, std::string_view form) {
    const auto equals = text.find('=');
    if (equals == text.npos || equals == 0)
        return fail(fmt::format("'{}' is not of the form {}", text, form));
    return Assignment{text.substr(0, equals), text.substr(equals + 1)};
}

Result<void> edit_size(ObjectSpec& object, std::string_view text) {
    const auto parts = assignment(text, "MAP=N");
    if (!parts) return std::unexpected(parts.error());
    std::uint32_t size = 0;
    const auto [end, error] = std::from_chars(parts->value.begin(), parts->value.end(), size);
    if (error != std::errc() || end != parts->value.end())
        return fail(fmt::format("'{}' is not a number of 32 bits", parts->value));
    return resize_map(object, parts->name, size);
}

Result<void> edit_variable(ObjectSpec& object, std::string_view text) {
    const auto parts = assignment(text, "NAME=VALUE");
    return parts ? edit_global(object, parts->name, parts->value) : std::unexpected(parts.error());
}

Result<void> load(ObjectSpec& object, std::string_view program) {
    return choose_autoload(object, program, true);
}

Result<void> leave_out(ObjectSpec& object, std::string_view program) {
    return choose_autoload(object, program, false);
}

Result<void> bind(ObjectSpec& object, std::string_view program) {
    return bind_to_device(object, program);
}

/// What an option does with each of its values.
struct Edit {
    std::string_view option;
    const std::vector<std::string>& values;
    Result<void> (*apply)(ObjectSpec& object, std::string_view value);
};

}  // namespace

void add_edit_options(Options options, EditArguments& arguments) {
    options.add_repeatable(
        "--global", arguments.globals, "NAME=VALUE",
        "First value of a global variable or constant, or of a part (cfg.ports[2]=80)");
    options.add_repeatable("--map-size", arguments.sizes, "MAP=N",
                           "Entries of a map; of a data section (.data.x) the bytes");
    options.add_repeatable("--autoload", arguments.autoload, "PROG",
                           "Load a program that its section (\"?...\") does not ask for");
    options.add_repeatable("--no-autoload", arguments.no_autoload, "PROG",
                           "Leave a program out of what is loaded");
    options.add_repeatable("--device-bound", arguments.device_bound, "PROG",
                           "Load an XDP program for one device, whose metadata it may read");
}

Result<void> apply_edits(ObjectSpec& object, const EditArguments& arguments) {
    for (const Edit& edit : {Edit{"--map-size", arguments.sizes, edit_size},
                             Edit{"--global", arguments.globals, edit_variable},
                             Edit{"--autoload", arguments.autoload, load},
                             Edit{"--no-autoload", arguments.no_autoload, leave_out},
                             Edit{"--device-bound", arguments.device_bound, bind}})
        for (const std::string& value : edit.values)
            if (const auto done = edit.apply(object, value); !done)
                return std::unexpected(done.error().in(fmt::format("{} {}", edit.option, value)));
    return {};
}

}  // namespace bpftwin::cli
