#include "cli/options.h"

#include <cstdint>
#include <optional>

#include "CLI/CLI.hpp"
#include "cli/settings.h"
#include "fmt/format.h"

namespace bpftwin::cli {

Option Option::type(const std::string& name) { return Option(*option_->type_name(name)); }

Option Option::required() { return Option(*option_->required()); }

Option Option::positive() { return Option(*option_->check(CLI::PositiveNumber)); }

Option Option::not_negative() {
    return Option(*option_->check([](const std::string& text) {
        return text.starts_with('-') ? fmt::format("{} is negative", text) : std::string();
    }));
}

Option Option::between(int least, int most) {
    return Option(*option_->check(CLI::Range(least, most)));
}

Option Option::one_of(const std::vector<std::string>& values) {
    return Option(*option_->check(CLI::IsMember(values)));
}

Option Option::comma_separated() {
    return Option(*option_->delimiter(',')->allow_extra_args(false));
}

Option Option::excludes(Option other) { return Option(*option_->excludes(other.option_)); }

Option Option::with_default() { return Option(*option_->capture_default_str()); }

template <class Value>
Option Options::add(const std::string& name, Value& value, const std::string& help) {
    return Option(*app_->add_option(name, value, help));
}

template Option Options::add(const std::string&, std::string&, const std::string&);
template Option Options::add(const std::string&, std::uint32_t&, const std::string&);
template Option Options::add(const std::string&, std::uint64_t&, const std::string&);
template Option Options::add(const std::string&, double&, const std::string&);
template Option Options::add(const std::string&, std::optional<std::uint32_t>&, const std::string&);
template Option Options::add(const std::string&, std::vector<std::string>&, const std::string&);

template <class Values>
Option Options::add_repeatable(const std::string& name, Values& values, const std::string& type,
                               const std::string& help) {
    return Option(*app_->add_option(name, values, help)->allow_extra_args(false)->type_name(type));
}

template Option Options::add_repeatable(const std::string&, std::vector<std::string>&,
                                        const std::string&, const std::string&);
template Option Options::add_repeatable(const std::string&, std::vector<Setting>&,
                                        const std::string&, const std::string&);

Option Options::add_flag(const std::string& name, bool& value, const std::string& help) {
    return Option(*app_->add_flag(name, value, help));
}

void Options::footer(const std::string& text) { app_->footer(text); }

std::string Options::name() const { return app_->get_name(); }

bool Options::given() const { return app_->parsed(); }

CommandLine::CommandLine(const std::string& name, const std::string& description)
    : app_(std::make_unique<CLI::App>(description, name)) {
    app_->require_subcommand(0, 1);
}

Options Options::add_command(const std::string& name, const std::string& description) {
    return Options(*app_->add_subcommand(name, description));
}

CommandLine::~CommandLine() = default;

Options CommandLine::add_command(const std::string& name, const std::string& description) {
    return options().add_command(name, description);
}

void CommandLine::version(const std::string& text) { app_->set_version_flag("--version", text); }

Result<bool> CommandLine::parse(int argc, const char* const* argv) {
    try {
        app_->parse(argc, argv);
        return true;
    } catch (const CLI::Success& wanted) {
        app_->exit(wanted);
        return false;
    } catch (const CLI::ParseError& problem) {
        return std::unexpected(error(problem.what()));
    }
}

Error CommandLine::error(std::string what) const {
    std::string command = app_->get_name();
    for (const CLI::App* sub = app_.get(); !sub->get_subcommands().empty();
         command += " " + sub->get_name())
        sub = sub->get_subcommands().front();
    // What is no command hides behind the complaint that there is none.
    const auto rest = app_->remaining();
    const bool commands = !app_->get_subcommands({}).empty();
    if (commands && app_->get_subcommands().empty() && !rest.empty())
        what = fmt::format("no command '{}'", rest.front());
    return {fmt::format("{} (see {} --help)", what, command)};
}

}  // namespace bpftwin::cli
