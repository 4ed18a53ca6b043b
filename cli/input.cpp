#include "cli/input.h"

#include "cli/hex.h"
#include "cli/terminal.h"
#include "cli/world.h"
#include "fmt/format.h"

namespace bpftwin::cli {
namespace {

Result<ContextField> parse_field(const std::string& text) {
    std::size_t equals = text.find('=');
    if (equals == std::string::npos) return fail(fmt::format("--ctx {}: give FIELD=VALUE", text));
    auto value = parse_integer(text.substr(equals + 1));
    if (!value) return std::unexpected(value.error().in("--ctx " + text));
    return ContextField{text.substr(0, equals), *value};
}

}  // namespace

void add_input_options(Options options, InputArguments& arguments) {
    options.add("--prog", arguments.program, "Program to run, where the object has several")
        .type("NAME");
    options.add_repeatable("--packet", arguments.packets, "FILE|hex:BYTES",
                           "pcap or pcapng file, - for standard input, or bytes");
    options.add_repeatable("--ctx", arguments.fields, "FIELD=VALUE",
                           "Field of the context: ingress_ifindex=3, u64[8]=1");
    options.add("--ctx-file", arguments.context_file, "The whole context").type("FILE|hex:BYTES");
    options.add_repeatable("--set", arguments.settings, "MAP KEY VALUE",
                           "Map entry, global variable or program slot before the run");
    options.add_repeatable("--world", arguments.world, "real|fixed|FIELD=VALUE|FILE",
                           "Clock, task, CPU and random seed; a file is JSON");
    options.add("--cpu", arguments.cpu, "CPU that the program runs on").type("N");
    options.add("--cpus", arguments.cpus, "Possible CPUs of per-CPU maps (default: real ones)")
        .between(1, 4096)
        .type("N");
}

std::string input_notes() {
    return fmt::format(
        "Keys and values are C initialisers by BTF, integers or hex:BYTES. With a data section as "
        "MAP\n(.rodata) KEY is a variable. A prog_array takes names of programs.\n"
        "Fields of the world: {}.\n",
        world_fields());
}

Result<RunInput> parse_input(const InputArguments& arguments) {
    RunInput input;
    for (const std::string& text : arguments.fields) {
        auto field = parse_field(text);
        if (!field) return std::unexpected(field.error());
        input.fields.push_back(std::move(*field));
    }
    if (!arguments.context_file.empty()) {
        auto bytes = read_bytes(arguments.context_file);
        if (!bytes) return std::unexpected(bytes.error().in("--ctx-file"));
        input.context = std::move(*bytes);
    }
    auto world = parse_world(arguments.world);
    if (!world) return std::unexpected(world.error());
    input.world = std::move(*world);
    if (arguments.cpu) input.world.cpu = *arguments.cpu;
    input.cancelled = InterruptGuard::interrupted;
    input.want_maps = false;
    return input;
}

}  // namespace bpftwin::cli
