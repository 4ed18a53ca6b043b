// The kernel setting that a cgroup_sysctl program is asked about (kernel/bpf/cgroup.c
// bpf_sysctl_get_name and following), as the world has it.
#include <algorithm>
#include <cerrno>
#include <cstring>

#include "helpers/calls.h"
#include "helpers/network.h"
#include "vm/context.h"
#include "vm/runtime.h"

namespace bpftwin::calls {
namespace {

/// Copies text with a zero behind it. @return its length, or -E2BIG where it is cut.
long copy_text(std::string_view text, char* to, std::uint32_t size) {
    std::memset(to, 0, size);
    const std::size_t length = std::min<std::size_t>(text.size(), size - 1);
    std::copy_n(text.begin(), length, to);
    return length == text.size() ? static_cast<long>(length) : -E2BIG;
}

/// What is being written; null while the setting is read.
const std::optional<std::string>* written(Runtime& runtime) {
    const bool writes = runtime.context().value("write").value_or(0) != 0;
    const auto& value = network_of(runtime).sysctl.written;
    return writes && value ? &value : nullptr;
}

}  // namespace

long sysctl_get_name(Runtime& runtime, const void*, char* to, std::uint32_t size,
                     std::uint64_t flags) {
    constexpr std::uint64_t base_name = 1;  // BPF_F_SYSCTL_BASE_NAME.
    if ((flags & ~base_name) != 0 || size == 0) return -EINVAL;
    std::string_view name = network_of(runtime).sysctl.name;
    if ((flags & base_name) != 0) name = name.substr(name.rfind('/') + 1);
    return copy_text(name, to, size);
}

long sysctl_get_current_value(Runtime& runtime, const void*, char* to, std::uint32_t size) {
    const std::string& value = network_of(runtime).sysctl.current;
    if (size == 0) return -EINVAL;
    if (!value.empty()) return copy_text(value, to, size);
    std::memset(to, 0, size);
    return -EINVAL;
}

long sysctl_get_new_value(Runtime& runtime, const void*, char* to, std::uint32_t size) {
    const auto* value = written(runtime);
    if (size == 0) return -EINVAL;
    if (value) return copy_text(**value, to, size);
    std::memset(to, 0, size);
    return -EINVAL;
}

long sysctl_set_new_value(Runtime& runtime, const void*, const char* from, std::uint32_t size) {
    constexpr std::uint32_t page = 4096;
    if (!written(runtime) || size == 0) return -EINVAL;
    if (size > page - 1) return -E2BIG;
    runtime.effects().socket.sysctl = std::string(from, size);
    return 0;
}

}  // namespace bpftwin::calls
