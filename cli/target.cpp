#include "cli/target.h"

#include "bpftwin/kernel.h"
#include "fmt/format.h"

namespace bpftwin::cli {
namespace {

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

Result<std::vector<ExternOutcome>> make_ready(ObjectSpec& object, const std::string& path) {
    if (!needs_of(object).any() && path.empty()) return std::vector<ExternOutcome>{};
    auto target = path.empty() ? target_for(object) : open_target(path);
    if (!target) return std::unexpected(target.error().in("--btf"));
    if (!target->types) target->name += " (choose other types by --btf)";
    resolve_core(object, *target);
    return resolve_externs(object, *target);
}

}  // namespace bpftwin::cli
