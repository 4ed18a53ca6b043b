// `bpftwin kernels`: the kernel images that the engine `vm:` can boot.
#include <memory>
#include <string_view>

#include "cli/command.h"
#include "cli/json.h"
#include "cli/table.h"
#include "cli/terminal.h"
#include "fmt/format.h"
#include "kernel-backend/images.h"

namespace bpftwin::cli {
namespace {

struct Arguments {
    bool json = false;
};

/// scripts/kernels, which the build writes down as a literal.
constexpr std::string_view script =
#include "kernels_script.inc"
    ;

std::string text(const std::vector<kernel::Image>& images) {
    Table table;
    for (const kernel::Image& image : images) table.add({image.release, image.path});
    return table.text() +
           fmt::format("{} kernels for engines such as vm:6.12, in {} and /boot\n", images.size(),
                       kernel::cache_folder()) +
           "Debian's are downloaded by scripts/kernels, which bpftwin kernels --help shows\n";
}

Json json(const std::vector<kernel::Image>& images) {
    Json list = Json::array();
    for (const kernel::Image& image : images) {
        const Json modules = image.modules.empty() ? Json() : Json(image.modules);
        list.push_back({{"release", image.release}, {"path", image.path}, {"modules", modules}});
    }
    return {{"cache", kernel::cache_folder()}, {"kernels", list}};
}

Result<Exit> run(const Arguments& arguments) {
    const auto images = kernel::images();
    print(arguments.json ? json_text(json(images)) + '\n' : text(images));
    return exit_fine;
}

std::string footer() {
    return fmt::format(
        "An engine vm:IMAGE is such a kernel in a virtual machine, without root. IMAGE is a\n"
        "path, a release, or its start. On Debian this script, scripts/kernels, downloads some:\n"
        "\n{}\nExample:\n  bpftwin kernels",
        script);
}

}  // namespace

Command add_kernels(CommandLine& line) {
    auto arguments = std::make_shared<Arguments>();
    Options options =
        line.add_command("kernels", "List the kernels that a virtual machine can boot");
    options.add_flag("--json", arguments->json, "JSON output (docs/json.md)");
    options.footer(footer());
    return {options, [arguments] { return run(*arguments); }};
}

}  // namespace bpftwin::cli
