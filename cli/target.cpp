#include "cli/target.h"

#include <algorithm>

#include "fmt/format.h"

namespace bpftwin::cli {
namespace {

bool asks_for_types(const ObjectSpec& object) {
    return std::ranges::any_of(object.programs, [](const ProgramSpec& program) {
        return !program.core_relocations.empty();
    });
}

/// "vmlinux-6.1" of "types/vmlinux-6.1.btf".
std::string kernel_name(std::string_view path) {
    path.remove_prefix(path.rfind('/') + 1);
    if (path.ends_with(".btf")) path.remove_suffix(4);
    return std::string(path);
}

}  // namespace

void add_btf_option(Options options, std::string& path) {
    options
        .add("--btf", path,
             "Types of the kernel to resolve CO-RE relocations against: raw BTF or an ELF file "
             "(default: the running kernel's)")
        .type("FILE");
}

Result<Target> open_target(const std::string& path) {
    const bool is_given = !path.empty();
    auto types = load_btf_file(is_given ? path : std::string(running_types));
    if (!types) return std::unexpected(types.error());
    return Target{.name = is_given ? kernel_name(path) : "the running kernel",
                  .types = std::move(*types),
                  .modules = {}};
}

Result<void> make_ready(ObjectSpec& object, const std::string& path) {
    if (!asks_for_types(object) && path.empty()) return {};
    auto target = open_target(path);
    if (!target && !path.empty()) return std::unexpected(target.error().in("--btf"));
    if (!target)
        target = Target{.name = fmt::format("the running kernel ({}; choose others by --btf)",
                                            target.error().message)};
    resolve_core(object, *target);
    return {};
}

}  // namespace bpftwin::cli
