// What a program runs on, as the command line says: shared by the commands that run programs.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "bpftwin/error.h"
#include "bpftwin/run.h"
#include "cli/options.h"
#include "cli/settings.h"

namespace bpftwin::cli {

struct InputArguments {
    std::string program;
    std::vector<std::string> packets;
    std::vector<std::string> fields;
    std::string context_file;
    std::vector<Setting> settings;
    std::vector<std::string> world;
    std::optional<std::uint32_t> cpu;
    std::uint32_t cpus = 0;
};

/// Adds --prog, --packet, --ctx, --ctx-file, --set, --world, --cpu and --cpus.
void add_input_options(Options options, InputArguments& arguments);

/// What these options mean, for the foot of a command's help.
std::string input_notes();

/// Everything but the packets and the settings. Maps are not asked for.
Result<RunInput> parse_input(const InputArguments& arguments);

}  // namespace bpftwin::cli
