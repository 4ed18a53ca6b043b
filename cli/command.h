// The subcommands of `bpftwin`: each adds its options to the command line and says what it does
// once they are parsed.
#pragma once

#include <functional>

#include "bpftwin/error.h"
#include "cli/options.h"

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
    Options options;
    std::function<Result<Exit>()> run;
};

Command add_run(CommandLine& line);
Command add_diff(CommandLine& line);
Command add_verify(CommandLine& line);
Command add_corpus(CommandLine& line);
Command add_test(CommandLine& line);
Command add_bench(CommandLine& line);
Command add_progs(CommandLine& line);
Command add_maps(CommandLine& line);
Command add_disasm(CommandLine& line);
Command add_helpers(CommandLine& line);
Command add_kernels(CommandLine& line);
Command add_features(CommandLine& line);
Command add_btf(CommandLine& line);
Command add_core(CommandLine& line);
Command add_gen(CommandLine& line);

}  // namespace bpftwin::cli
