// The subcommands of `bpftwin`: each adds its options to the command line and says what it does
// once they are parsed.
#pragma once

#include <functional>

#include "bpftwin/error.h"

namespace CLI {
class App;
}

namespace bpftwin::cli {

/// What the process's exit status means.
enum Exit : int {
    exit_fine = 0,
    exit_finding =
        1,  ///< The program under test did something wrong: a trap, or engines that differ.
    exit_bad_input = 2,  ///< Bad usage or bad input; one line on stderr says which.
    exit_interrupted = 130,
};

/// One subcommand.
struct Command {
    CLI::App* app;
    std::function<Result<Exit>()> run;
};

Command add_run(CLI::App& app);
Command add_bench(CLI::App& app);
Command add_progs(CLI::App& app);
Command add_maps(CLI::App& app);
Command add_disasm(CLI::App& app);
Command add_helpers(CLI::App& app);
Command add_btf(CLI::App& app);

}  // namespace bpftwin::cli
