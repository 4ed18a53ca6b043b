#include "cli/target.h"

#include "bpftwin/kernel.h"
#include "compare/engines.h"
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

void add_btf_option(Options options, std::string& where) {
    options
        .add("--btf", where,
             "Kernel to make the object ready for: a file with its types, raw BTF or ELF, or "
             "vm:IMAGE (default: the running kernel)")
        .type("FILE");
}

Result<Target> open_target(const ObjectSpec& object, const std::string& where) {
    if (where.empty()) return target_for(object);
    if (compare::is_kernel(where)) return target_for(object, where);
    auto types = load_btf_file(where);
    if (!types) return std::unexpected(types.error());
    Target target;
    target.name = kernel_name(where);
    target.types = std::move(*types);
    return target;
}

bool is_this_machine(std::string_view where) { return where.empty() || where == "kernel"; }

Result<std::vector<ExternOutcome>> make_ready(ObjectSpec& object, const std::string& where,
                                              std::shared_ptr<const Btf>& types) {
    if (!needs_of(object).any() && where.empty()) return std::vector<ExternOutcome>{};
    auto target = open_target(object, where);
    if (!target) return std::unexpected(target.error().in("--btf"));
    if (!target->types) target->name += " (choose other types by --btf)";
    types = target->types;
    resolve_core(object, *target);
    return resolve_externs(object, *target);
}

}  // namespace bpftwin::cli
