#include "cli/input.h"

#include <algorithm>

#include "cli/hex.h"
#include "cli/mocks.h"
#include "cli/terminal.h"
#include "cli/world.h"
#include "fmt/format.h"
#include "vm/field_names.h"

namespace bpftwin::cli {
namespace {

/// A list of words in lines, the first of which begins with `start`.
std::string wrapped(std::string_view words, std::string_view start) {
    constexpr std::size_t width = 100;
    std::string text(start);
    std::size_t begin = 0;  // Of the line.
    while (!words.empty()) {
        const std::size_t end = std::min(words.find(' '), words.size());
        if (text.size() - begin + end > width) {
            text.back() = '\n';
            begin = text.size();
        }
        text += words.substr(0, end);
        words.remove_prefix(std::min(end + 1, words.size()));
        if (!words.empty()) text += ' ';
    }
    return text;
}

/// Bytes that a field points to: text with its zero, or `hex:`.
Result<Bytes> parse_memory(const std::string& text) {
    if (text.starts_with("hex:")) return read_bytes(text);
    if (text.size() < 2 || !text.ends_with('"')) return fail("the text does not end with a quote");
    const std::string inner = text.substr(1, text.size() - 2) + '\0';
    const auto* bytes = reinterpret_cast<const std::byte*>(inner.data());
    return Bytes(bytes, bytes + inner.size());
}

Result<ContextField> parse_field(const std::string& text) {
    std::size_t equals = text.find('=');
    if (equals == std::string::npos) return fail(fmt::format("--ctx {}: give FIELD=VALUE", text));
    const std::string name = text.substr(0, equals), given = text.substr(equals + 1);
    if (given.starts_with('"') || given.starts_with("hex:")) {
        auto memory = parse_memory(given);
        if (!memory) return std::unexpected(memory.error().in("--ctx " + text));
        return ContextField{name, 0, std::move(*memory)};
    }
    auto value = parse_integer(given);
    if (!value) return std::unexpected(value.error().in("--ctx " + text));
    return ContextField{name, *value};
}

Result<ObjectField> parse_object_field(const std::string& text) {
    const std::size_t equals = text.find('=');
    if (equals == std::string::npos || equals == 0)
        return fail(fmt::format("--obj {}: give PATH=VALUE, like task.pid=7", text));
    return ObjectField{text.substr(0, equals), text.substr(equals + 1)};
}

}  // namespace

void add_input_options(Options options, InputArguments& arguments) {
    options.add("--prog", arguments.program, "Program to run, where the object has several")
        .type("NAME");
    options.add_repeatable("--packet", arguments.packets, "FILE|hex:BYTES",
                           "pcap or pcapng file, - for standard input, or bytes");
    options.add_repeatable("--ctx", arguments.fields, "FIELD=VALUE",
                           "Field of the context: ingress_ifindex=3, u64[8]=1; \"text\" and "
                           "hex:BYTES are given by address");
    options
        .add("--format", arguments.format,
             "Names and places of a tracepoint's fields, as in "
             "/sys/kernel/tracing/events/*/*/format")
        .type("FILE");
    options.add("--ctx-file", arguments.context_file, "The whole context").type("FILE|hex:BYTES");
    options.add_repeatable("--set", arguments.settings, "MAP KEY VALUE",
                           "Map entry, global variable or program slot before the run");
    options.add_repeatable("--world", arguments.world, "real|fixed|FIELD=VALUE|FILE",
                           "Clock, task, CPU and random seed; a file is JSON");
    options.add_repeatable("--obj", arguments.objects, "PATH=VALUE",
                           "Field of a kernel object: task.comm='\"bash\"', args.file.f_flags=2");
    options.add_repeatable("--mock", arguments.mocks, "FUNCTION=VALUE,...",
                           "Results of a helper or kernel function, call by call: "
                           "get_current_pid_tgid=42, map_update_elem=-ENOMEM,real");
    options.add_repeatable("--fail", arguments.faults, "FUNCTION#K[=VALUE]",
                           "The K-th call of a helper or kernel function fails");
    options.add_flag("--calls", arguments.calls, "Show every call of a helper or kernel function");
    options
        .add("--elapse", arguments.elapse_ns,
             "Time that passes after the program's end, in which its timers call back")
        .not_negative()
        .type("NS");
    options.add("--cpu", arguments.cpu, "CPU that the program runs on").type("N");
    options.add("--cpus", arguments.cpus, "Possible CPUs of per-CPU maps (default: real ones)")
        .between(1, 4096)
        .type("N");
}

std::string input_notes() {
    return fmt::format(
        "Keys and values are C initialisers by BTF, integers or hex:BYTES. With a data section as "
        "MAP\n(.rodata) KEY is a variable. A prog_array takes names of programs.\n"
        "Without keys KEY is -; a user_ringbuf takes records as hex:BYTES.\n"
        "{}.\n"
        "Paths to objects begin with task, tasks[PID], cgroups[ID], args.NAME or args[N] (of the "
        "program's\nhook) and follow pointers; :STRUCT behind one says what it points to, values "
        "are C initialisers,\n\"text\" or &PATH.\n"
        "A mock's values are integers, errnos by name (-ENOMEM), null, or real for the function "
        "itself; the last\none holds for all further calls. A call that fails gives its "
        "documented error, or VALUE.\n",
        wrapped(world_fields(), "Fields of the world: "));
}

Result<void> place_fields(RunInput& input, const InputArguments& arguments,
                          const ObjectSpec& object, const ProgramSpec& program,
                          const Btf* kernel_types) {
    std::vector<RecordField> record;
    if (arguments.format.empty()) {
        record = record_fields(program, object.btf.get(), kernel_types);
    } else {
        auto text = read_bytes(arguments.format);
        if (!text) return std::unexpected(text.error().in("--format"));
        auto parsed = parse_format({reinterpret_cast<const char*>(text->data()), text->size()});
        if (!parsed) return std::unexpected(parsed.error().in("--format " + arguments.format));
        record = std::move(*parsed);
    }
    auto placed = resolve_fields(input.fields, program.type, record);
    return placed ? placed : std::unexpected(placed.error().in("--ctx"));
}

Result<RunInput> parse_input(const InputArguments& arguments) {
    RunInput input;
    input.elapse_ns = arguments.elapse_ns;
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
    for (const std::string& text : arguments.objects) {
        auto field = parse_object_field(text);
        if (!field) return std::unexpected(field.error());
        input.world.objects.push_back(std::move(*field));
    }
    for (const std::string& text : arguments.mocks) {
        auto mock = parse_mock(text);
        if (!mock) return std::unexpected(mock.error());
        input.mocks.push_back(std::move(*mock));
    }
    for (const std::string& text : arguments.faults) {
        auto fault = parse_fault(text);
        if (!fault) return std::unexpected(fault.error());
        input.faults.push_back(std::move(*fault));
    }
    input.want_calls = arguments.calls;
    if (arguments.cpu) input.world.cpu = *arguments.cpu;
    input.cancelled = InterruptGuard::interrupted;
    input.want_maps = false;
    return input;
}

}  // namespace bpftwin::cli
