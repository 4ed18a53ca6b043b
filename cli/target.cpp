#include "cli/target.h"

#include "bpftwin/kernel.h"
#include "fmt/format.h"

namespace bpftwin::cli {
namespace {

std::string file_name(const std::string& path) { return path.substr(path.rfind('/') + 1); }

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
    return Target{.name = is_given ? file_name(path) : "the running kernel",
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
