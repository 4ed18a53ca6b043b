// The types of a kernel.
#include "btf/btf.h"
#include "kernel-backend/kernel.h"

namespace bpftwin::kernel {

Result<std::shared_ptr<const Btf>> Kernel::types() {
    const std::lock_guard lock(reading_types_);
    if (types_) return types_;
    constexpr const char* path = "/sys/kernel/btf/vmlinux";
    auto raw = read_file(path);
    if (!raw) return std::unexpected(raw.error());
    auto types = Btf::parse(std::move(*raw));
    if (!types) return std::unexpected(types.error().in(path));
    return types_ = std::move(*types);
}

}  // namespace bpftwin::kernel
