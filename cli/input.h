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
    std::string format;
    std::string context_file;
    std::vector<Setting> settings;
    std::vector<std::string> world;
    std::vector<std::string> objects;
    std::vector<std::string> mocks;
    std::vector<std::string> faults;
    bool calls = false;
    std::optional<std::uint32_t> cpu;
    std::uint32_t cpus = 0;
    std::uint64_t elapse_ns = 0;
};

/// Adds --prog, --packet, --ctx, --ctx-file, --set, --world, --obj, --mock, --fail, --calls, --cpu
/// and --cpus.
void add_input_options(Options options, InputArguments& arguments);

/// What these options mean, for the foot of a command's help.
std::string input_notes();

/// Everything but the packets and the settings. Maps are not asked for.
Result<RunInput> parse_input(const InputArguments& arguments);

/// Gives fields of contexts that no header lays out their places: by --format, the struct that the
/// program takes, or the kernel's types.
Result<void> place_fields(RunInput& input, const InputArguments& arguments,
                          const ObjectSpec& object, const ProgramSpec& program,
                          const Btf* kernel_types);

}  // namespace bpftwin::cli
