// Commands and options as CLI11 parses them, behind an interface that costs little to compile.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "bpftwin/error.h"

namespace CLI {
class App;
class Option;
}  // namespace CLI

namespace bpftwin::cli {

/// An option of a command; what it must be is added by calls in a row.
class Option {
public:
    explicit Option(CLI::Option& option) : option_(&option) {}

    /// What stands for the value in the help.
    Option type(const std::string& name);
    Option required();
    Option positive();
    Option not_negative();
    Option between(int least, int most);
    Option one_of(const std::vector<std::string>& values);
    /// One argument holds several values.
    Option comma_separated();
    Option excludes(Option other);
    /// The help names the value that the variable has now.
    Option with_default();

private:
    CLI::Option* option_;
};

/// The options of one command.
class Options {
public:
    explicit Options(CLI::App& app) : app_(&app) {}

    /// An option or, without dashes, an argument. Its value is stored in `value`, which must live
    /// until the command line is parsed. Vectors take every value up to the next option.
    template <class Value>
    Option add(const std::string& name, Value& value, const std::string& help);
    /// An option that may be given several times, one value (or one group of values) each time.
    template <class Values>
    Option add_repeatable(const std::string& name, Values& values, const std::string& type,
                          const std::string& help);
    Option add_flag(const std::string& name, bool& value, const std::string& help);
    /// A command of this command.
    Options add_command(const std::string& name, const std::string& description);
    /// Text under the options.
    void footer(const std::string& text);

    std::string name() const;
    /// Whether the command line names this command.
    bool given() const;

private:
    CLI::App* app_;
};

/// A program's command line: options of its own, or commands that have some.
class CommandLine {
public:
    CommandLine(const std::string& name, const std::string& description);
    ~CommandLine();

    Options options() { return Options(*app_); }
    /// At most one command may be given.
    Options add_command(const std::string& name, const std::string& description);
    /// What --version prints.
    void version(const std::string& text);

    /// @return false if help or the version was asked for and printed; an Error of one line that
    /// names the command whose --help tells more.
    Result<bool> parse(int argc, const char* const* argv);

private:
    Error error(std::string what) const;

    std::unique_ptr<CLI::App> app_;
};

}  // namespace bpftwin::cli
