#include "helpers/tasks.h"

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <string>

#include "helpers/map.h"
#include "helpers/maps/slot_map.h"
#include "helpers/probe.h"
#include "helpers/require.h"
#include "vm/kernel_objects.h"
#include "vm/runtime.h"

namespace bpftwin {
namespace {

constexpr std::uint32_t last_signal = 64;  // _NSIG.
constexpr int deepest = 256;

/// The name of a dentry, or empty.
std::string name_of_dentry(Runtime& runtime, std::uint64_t dentry) {
    char name[256] = {};
    const std::uint64_t at = runtime.objects()->number(dentry, "dentry", "d_name.name");
    if (at == 0 || probe_read_string(runtime, name, at, sizeof name) < 0) return {};
    return name;
}

}  // namespace

std::uint64_t cgroup_object(Runtime& runtime, std::uint64_t id) {
    KernelObjects* objects = runtime.objects();
    const auto cgroup = objects ? objects->tree().find(id) : std::nullopt;
    return cgroup ? objects->cgroup(*cgroup) : 0;
}

std::optional<std::size_t> cgroup_of(Runtime& runtime, std::uint64_t object) {
    KernelObjects* objects = runtime.objects();
    if (!objects) return std::nullopt;
    if (const auto known = objects->cgroup_at(object)) return known;
    return objects->tree().find(objects->number(object, "cgroup", "kn.id"));
}

bool is_under_cgroup(Runtime& runtime, std::uint64_t task, std::uint64_t cgroup) {
    const auto above = cgroup_of(runtime, cgroup);
    if (!above) return false;
    const auto own = runtime.objects()->cgroup_of(task);
    return own && runtime.objects()->tree().is_under(*own, *above);
}

long is_cgroup_at(Runtime& runtime, const Map& map, std::uint32_t index,
                  std::span<const std::uint64_t> ids) {
    if (!require_map_type(runtime, map, MapType::cgroup_array)) return 0;
    if (index >= map.spec().max_entries) return -E2BIG;
    const std::uint64_t id = static_cast<const SlotMap&>(map).slot(index);
    if (id == 0) return -EAGAIN;
    return std::ranges::find(ids, id) != ids.end() ? 1 : 0;
}

long send_signal_to(Runtime& runtime, std::uint32_t pid, std::uint32_t signal, bool thread) {
    if (signal > last_signal) return -EINVAL;
    runtime.effects().signals.push_back({pid, signal, thread});
    return 0;
}

long path_text(Runtime& runtime, std::uint64_t path, char* to, std::size_t size) {
    KernelObjects& objects = *runtime.objects();
    std::string text;
    std::uint64_t dentry = objects.number(path, "path", "dentry");
    for (int i = 0; dentry != 0 && i < deepest; ++i) {
        const std::string name = name_of_dentry(runtime, dentry);
        const std::uint64_t parent = objects.number(dentry, "dentry", "d_parent");
        if (name.starts_with('/')) {
            text = (name == "/" && !text.empty() ? "" : name) + text;
            break;
        }
        if (!name.empty()) text.insert(0, "/" + name);
        if (parent == dentry) break;
        dentry = parent;
    }
    if (text.empty()) text = "/";
    if (text.size() + 1 > size) return -ENAMETOOLONG;
    std::memcpy(to, text.c_str(), text.size() + 1);
    return static_cast<long>(text.size() + 1);
}

}  // namespace bpftwin
