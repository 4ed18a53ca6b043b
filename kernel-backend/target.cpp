#include "kernel-backend/target.h"

#include <algorithm>
#include <cstdio>
#include <ranges>

#include "btf/btf.h"
#include "kernel-backend/release.h"

namespace bpftwin::kernel {
namespace {

std::string text_of(ByteView bytes) {
    return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
}

std::string read_text(Kernel& kernel, const std::string& path) {
    const auto bytes = kernel.read_file(path);
    return bytes ? text_of(*bytes) : "";
}

/// Distributions call releases by other numbers than their sources' (libbpf's get_kernel_version).
std::uint32_t version_of(Kernel& kernel) {
    std::string ubuntu = read_text(kernel, "/proc/version_signature");
    for (int words = 0; words < 2 && !ubuntu.empty(); ++words)
        ubuntu.erase(0, std::min(ubuntu.find(' '), ubuntu.size() - 1) + 1);
    if (const auto code = version_code(ubuntu)) return code;
    constexpr std::string_view mark = "Debian ";
    const std::string debian = read_text(kernel, "/proc/version");
    // What precedes it there is the compiler's: "(gcc-12 (Debian 12.2.0-14) 12.2.0, …)".
    if (const auto found = debian.rfind(mark); found != debian.npos && debian[found - 1] != '(')
        if (const auto code = version_code(debian.substr(found + mark.size()))) return code;
    return version_code(kernel.release());
}

/// The text of the first configuration that can be read, as libbpf looks for it; the last place is
/// that of virtual machines (kernel-backend/initramfs.h).
Result<std::string> config_of(Kernel& kernel) {
    const std::string places[] = {"/boot/config-" + kernel.release(), "/proc/config.gz",
                                  "/boot/config"};
    std::string missing;
    for (const std::string& path : places) {
        const auto file = kernel.read_file(path);
        if (!file) {
            missing += (missing.empty() ? "" : ", ") + file.error().message;
            continue;
        }
        auto text = config_text(*file);
        if (!text) return std::unexpected(text.error().in(path));
        return text;
    }
    return fail(missing);
}

Result<std::string> symbols_of(Kernel& kernel) {
    const auto list = kernel.read_file("/proc/kallsyms");
    if (!list) return std::unexpected(list.error());
    return text_of(*list);
}

/// Names of the modules that are loaded, oldest first.
std::vector<std::string> modules_of(Kernel& kernel) {
    std::vector<std::string> names;
    const std::string list = read_text(kernel, "/proc/modules");
    for (const auto line : std::views::split(list, '\n')) {
        const std::string_view text(line.begin(), line.end());
        if (!text.empty()) names.emplace_back(text.substr(0, text.find(' ')));
    }
    std::ranges::reverse(names);
    return names;
}

/// Their types; modules without are left out.
std::vector<Target::Module> module_types(Kernel& kernel, const std::shared_ptr<const Btf>& base) {
    std::vector<Target::Module> modules;
    for (const std::string& name : modules_of(kernel)) {
        auto raw = kernel.read_file("/sys/kernel/btf/" + name);
        auto types = raw ? Btf::parse(std::move(*raw), base) : std::unexpected(raw.error());
        if (types) modules.push_back({name, std::move(*types)});
    }
    return modules;
}

void add_unknown(Target& target, const Error& error) {
    target.unknown += (target.unknown.empty() ? "" : "; ") + error.message;
}

void add_types(Kernel& kernel, const ObjectSpec& object, Target& target) {
    auto types = kernel.types();
    if (!types) return add_unknown(target, types.error());
    target.types = std::move(*types);
    if (asks_for_modules(object, *target.types))
        target.modules = module_types(kernel, target.types);
}

void add_text(Result<std::string> text, std::string& to, Target& target) {
    if (text)
        to = std::move(*text);
    else
        add_unknown(target, text.error());
}

}  // namespace

Target target_of(Kernel& kernel, const ObjectSpec& object) {
    const TargetNeeds needs = needs_of(object);
    Target target{.name = "kernel " + kernel.release()};
    if (needs.types) add_types(kernel, object, target);
    if (needs.version) target.version = version_of(kernel);
    if (needs.config) add_text(config_of(kernel), target.config, target);
    if (needs.symbols) add_text(symbols_of(kernel), target.symbols, target);
    return target;
}

ObjectSpec ready_for(Kernel& kernel, const ObjectSpec& object) {
    ObjectSpec ready = object;
    if (!needs_of(ready).any()) return ready;
    const Target target = target_of(kernel, ready);
    // A kernel that does not show its types may still resolve relocations by itself.
    if (target.types) resolve_core(ready, target);
    resolve_externs(ready, target);
    return ready;
}

}  // namespace bpftwin::kernel
