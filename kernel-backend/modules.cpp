#include "kernel-backend/modules.h"

#include <array>
#include <cerrno>
#include <string>

#include "kernel-backend/attribute.h"

namespace bpftwin::kernel {
namespace {

/// The id of the kernel's next types after `id`; the first follow 0.
Result<std::uint32_t> next_types(Kernel& kernel, std::uint32_t id) {
    Attribute attr;
    attr->start_id = id;
    if (auto done = attr.call(kernel, BPF_BTF_GET_NEXT_ID); !done)
        return std::unexpected(done.error());
    return attr->next_id;
}

Result<Descriptor> open_types(Kernel& kernel, std::uint32_t id) {
    Attribute attr;
    attr->btf_id = id;
    auto descriptor = attr.call(kernel, BPF_BTF_GET_FD_BY_ID);
    if (!descriptor) return std::unexpected(descriptor.error());
    return Descriptor(kernel, *descriptor);
}

/// The module that has them, or nothing for those of programs.
std::string owner_of(Kernel& kernel, const Descriptor& types) {
    std::array<char, 64> name{};
    bpf_btf_info info{};
    info.name = reinterpret_cast<std::uint64_t>(name.data());
    info.name_len = name.size();
    Attribute attr;
    attr->info.bpf_fd = static_cast<std::uint32_t>(types.number());
    attr->info.info_len = sizeof info;
    attr.input(attr->info.info, std::as_bytes(std::span(&info, 1)), true);
    if (!attr.call(kernel, BPF_OBJ_GET_INFO_BY_FD) || info.kernel_btf == 0) return {};
    return name.data();
}

}  // namespace

Result<int> open_module_types(Kernel& kernel, std::string_view module) {
    std::uint32_t id = 0;
    while (true) {
        const auto next = next_types(kernel, id);
        if (!next && next.error().code != ENOENT)
            return std::unexpected(next.error().in("types of modules"));
        if (!next)
            return fail("no module " + std::string(module) + " with types is loaded", ENOENT);
        id = *next;
        // They may be gone in the meantime.
        auto types = open_types(kernel, id);
        if (types && owner_of(kernel, *types) == module) return std::move(*types).release();
    }
}

}  // namespace bpftwin::kernel
