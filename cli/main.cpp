// The `bpftwin` command: parses the command line, runs one subcommand, maps errors to exit status.
#include <algorithm>
#include <array>
#include <cerrno>
#include <cstdio>
#include <cstring>
#include <span>
#include <string>

#include "CLI/CLI.hpp"
#include "cli/command.h"
#include "cli/terminal.h"
#include "fmt/format.h"

namespace {

using namespace bpftwin;
using namespace bpftwin::cli;

/// Errors are one line, whatever a library's message contains.
Exit complain(std::string_view what) {
    std::string line(what);
    while (!line.empty() && line.back() == '\n') line.pop_back();
    for (char& c : line) {
        if (c == '\n') c = ' ';
    }
    fmt::print(stderr, "bpftwin: {}\n", line);
    return exit_bad_input;
}

Exit complain(const CLI::App& app, const CLI::ParseError& error) {
    std::string command = "bpftwin";
    for (const CLI::App* sub : app.get_subcommands()) command += " " + sub->get_name();
    // What is no command hides behind the complaint that there is none.
    if (auto rest = app.remaining(); app.get_subcommands().empty() && !rest.empty())
        return complain(fmt::format("no command '{}' (see {} --help)", rest.front(), command));
    return complain(fmt::format("{} (see {} --help)", error.what(), command));
}

Exit finish_output(Exit status) {
    if (std::fflush(stdout) == 0 && std::ferror(stdout) == 0) return status;
    return complain(fmt::format("cannot write the output: {}", std::strerror(errno)));
}

Exit no_command(std::span<const Command> commands) {
    std::string names;
    for (const Command& command : commands) {
        names += (names.empty() ? "" : ", ") + command.app->get_name();
    }
    return complain(fmt::format("no command given; there are {} (see bpftwin --help)", names));
}

Exit run_parsed(std::span<const Command> commands) {
    auto command = std::ranges::find_if(commands, [](const Command& c) { return c.app->parsed(); });
    if (command == commands.end()) return no_command(commands);
    Result<Exit> status = command->run();
    Exit written = finish_output(exit_fine);
    if (!status) return complain(status.error().message);
    return written == exit_fine ? *status : written;
}

}  // namespace

int main(int argc, char** argv) {
    handle_signals();
    CLI::App app("Loads, runs and shows BPF programs in user space.", "bpftwin");
    app.set_version_flag("--version", "bpftwin " BPFTWIN_VERSION);
    app.require_subcommand(0, 1);
    app.footer("Each command's --help shows an example.");
    auto commands = std::to_array({add_run(app), add_bench(app), add_progs(app), add_maps(app),
                                   add_disasm(app), add_helpers(app), add_btf(app)});
    try {
        app.parse(argc, argv);
    } catch (const CLI::Success& wanted) {
        return finish_output(static_cast<Exit>(app.exit(wanted)));
    } catch (const CLI::ParseError& error) {
        return complain(app, error);
    }
    return run_parsed(commands);
}
