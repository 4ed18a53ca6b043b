// The `bpftwin` command: parses the command line, runs one subcommand, maps errors to exit status.
#include <malloc.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstdio>
#include <cstring>
#include <span>
#include <string>

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

Exit finish_output(Exit status) {
    if (std::fflush(stdout) == 0 && std::ferror(stdout) == 0) return status;
    return complain(fmt::format("cannot write the output: {}", std::strerror(errno)));
}

Exit no_command(std::span<const Command> commands) {
    std::string names;
    for (const Command& command : commands) {
        names += (names.empty() ? "" : ", ") + command.options.name();
    }
    return complain(fmt::format("no command given; there are {} (see bpftwin --help)", names));
}

Exit run_parsed(std::span<const Command> commands) {
    auto command =
        std::ranges::find_if(commands, [](const Command& c) { return c.options.given(); });
    if (command == commands.end()) return no_command(commands);
    Result<Exit> status = command->run();
    Exit written = finish_output(exit_fine);
    if (!status) return complain(status.error().message);
    return written == exit_fine ? *status : written;
}

/// What is freed stays with the process: programs are verified one after the other, each in memory
/// that would be asked of the system, and cleared by it, again.
void keep_memory() {
    constexpr int all = 1 << 30;
    mallopt(M_MMAP_THRESHOLD, all);
    mallopt(M_TRIM_THRESHOLD, all);
}

}  // namespace

int main(int argc, char** argv) {
    keep_memory();
    handle_signals();
    CommandLine line("bpftwin", "Loads, runs and shows BPF programs in user space.");
    line.version("bpftwin " BPFTWIN_VERSION);
    line.options().footer("Each command's --help shows an example.");
    const auto commands = std::to_array(
        {add_run(line), add_verify(line), add_diff(line), add_test(line), add_corpus(line),
         add_bench(line), add_progs(line), add_maps(line), add_disasm(line), add_helpers(line),
         add_kernels(line), add_features(line), add_btf(line), add_core(line), add_gen(line)});
    const auto parsed = line.parse(argc, argv);
    if (!parsed) return complain(parsed.error().message);
    return *parsed ? run_parsed(commands) : finish_output(exit_fine);
}
