// What a program runs on, as the command line says: shared by the commands that run programs.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "CLI/CLI.hpp"
#include "bpftwin/error.h"
#include "bpftwin/run.h"
#include "cli/settings.h"

namespace bpftwin::cli {

/// An option that may be given several times, one value (or one group of values) each time.
template <class Values>
void add_repeatable(CLI::App& app, const char* name, Values& values, const char* type,
                    const std::string& description) {
    app.add_option(name, values, description)->allow_extra_args(false)->type_name(type);
}

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
void add_input_options(CLI::App& app, InputArguments& arguments);

/// What these options mean, for the foot of a command's help.
std::string input_notes();

/// Everything but the packets and the settings. Maps are not asked for.
Result<RunInput> parse_input(const InputArguments& arguments);

}  // namespace bpftwin::cli
