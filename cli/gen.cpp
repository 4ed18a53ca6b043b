// `bpftwin gen`: files made from an object.
#include <memory>

#include "bpftwin/spec.h"
#include "cli/command.h"
#include "cli/compile.h"
#include "cli/hex.h"
#include "cli/skeleton.h"
#include "cli/terminal.h"
#include "fmt/format.h"

namespace bpftwin::cli {
namespace {

struct Arguments {
    std::string what;
    std::string path;
    std::string output;
    std::string name;
    std::vector<std::string> records;
};

/// The object as it stands in the file, or as clang makes it.
Result<Bytes> image_of(const std::string& path) {
    return path.ends_with(".c") ? compile_c(path) : read_bytes(path);
}

std::string file_name(std::string_view path) {
    return std::string(path.substr(path.rfind('/') + 1));
}

Result<Exit> write(const std::string& path, const std::string& text) {
    if (path.empty()) {
        print(text);
        return exit_fine;
    }
    const auto written = write_file("-o", path, text);
    return written ? Result<Exit>(exit_fine) : std::unexpected(written.error());
}

Result<Exit> run(const Arguments& arguments) {
    const auto image = image_of(arguments.path);
    if (!image) return std::unexpected(image.error());
    const auto object = load_elf(*image, arguments.path);
    if (!object) return std::unexpected(object.error());
    const auto header = skeleton_header(
        *object, {file_name(arguments.path), arguments.name, *image, arguments.records});
    return header ? write(arguments.output, *header) : std::unexpected(header.error());
}

}  // namespace

Command add_gen(CommandLine& line) {
    auto arguments = std::make_shared<Arguments>();
    Options options = line.add_command("gen", "Make a C++ header of an object, for tests");
    options.add("WHAT", arguments->what, "skeleton").required().one_of({"skeleton"});
    options.add("OBJ", arguments->path, "ELF object or C source (.c)").required();
    options.add("-o", arguments->output, "Write to this file instead of standard output")
        .type("FILE");
    options.add("--name", arguments->name, "Name of the class; default: the object's");
    options.add_repeatable("--record", arguments->records, "TYPE",
                           "Define this type too: what a ring buffer's records are");
    options.footer(
        "The header embeds the object and needs only bpftwin/skeleton.h: a class with the "
        "object's programs(),\nmaps(), and globals by section, and a namespace with their types. "
        "In CMake: bpftwin_skeleton(NAME SOURCE).\n\n"
        "Example:\n"
        "  bpftwin gen skeleton firewall.o -o firewall.skel.h\n\n"
        "  #include \"firewall.skel.h\"\n"
        "  firewall skel = firewall::open().value();\n"
        "  skel.rodata().limit = 3;\n"
        "  skel.load(*bpftwin::make_interpreter());\n"
        "  skel.maps().blocked.update(address, 0);\n"
        "  skel.programs().firewall.run(input);");
    return {options, [arguments] { return run(*arguments); }};
}

}  // namespace bpftwin::cli
