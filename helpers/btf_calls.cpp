// Values by the kernel's types (bpf_snprintf_btf, bpf_seq_printf_btf in kernel/trace/bpf_trace.c).
#include <cerrno>
#include <cstring>
#include <limits>
#include <optional>

#include "btf/kernel_text.h"
#include "helpers/calls.h"
#include "helpers/probe.h"
#include "helpers/require.h"
#include "helpers/touch.h"
#include "vm/kernel_objects.h"
#include "vm/runtime.h"

namespace bpftwin::calls {
namespace {

/// `struct btf_ptr`; its flags have no meaning yet.
struct TypedAddress {
    std::uint64_t address;
    std::uint32_t type;
    std::uint32_t flags;
};

enum : std::uint64_t { compact = 1, no_names = 2, raw_pointers = 4, zeros = 8 };  // BTF_F_*.

struct Printed {
    long error = 0;
    KernelText text = {};
};

Printed printed(Runtime& runtime, const void* value, std::uint32_t value_size, std::uint64_t flags,
                std::size_t room) {
    if ((flags & ~(compact | no_names | raw_pointers | zeros)) != 0) return {-EINVAL};
    if (value_size != sizeof(TypedAddress)) return {-EINVAL};
    if (!require_memory(runtime, value, value_size)) return {};
    touch_readable(value, value_size);
    TypedAddress what;
    std::memcpy(&what, value, sizeof what);
    if (what.type == 0) return {-EINVAL};
    const Btf* types = runtime.objects() ? runtime.objects()->types() : nullptr;
    if (!types) {
        runtime.stop({.reason = "no types of a kernel are known to print values by"});
        return {};
    }
    if (what.type >= types->type_count()) return {-ENOENT};
    const KernelTextStyle style{.compact = (flags & compact) != 0,
                                .no_names = (flags & no_names) != 0,
                                .raw_pointers = (flags & raw_pointers) != 0,
                                .zeros = (flags & zeros) != 0};
    const auto read = [&](void* to, std::uint64_t from, std::size_t bytes) {
        return runtime.probe_read(to, from, bytes) ? 0 : static_cast<int>(-kernel_error(from));
    };
    KernelText text = kernel_text(*types, what.type, what.address, style, read, room);
    const long error = -text.error;
    return {error, std::move(text)};
}

}  // namespace

long snprintf_btf(Runtime& runtime, char* to, std::uint32_t size, const void* value,
                  std::uint32_t value_size, std::uint64_t flags) {
    if (!require_memory(runtime, to, size)) return 0;
    touch_writable(to, size);
    const Printed made = printed(runtime, value, value_size, flags, size - 1);
    if (made.error == 0 || made.text.length != 0) {
        made.text.text.copy(to, size - 1);
        to[made.text.text.size()] = '\0';
    }
    return made.error != 0 ? made.error : static_cast<long>(made.text.length);
}

long seq_printf_btf(Runtime& runtime, const void*, const void* value, std::uint32_t value_size,
                    std::uint64_t flags) {
    constexpr std::size_t most = 1U << 20;
    const Printed made = printed(runtime, value, value_size, flags, most);
    if (!require_output_room(runtime, made.text.text.size())) return 0;
    runtime.effects().sequence += made.text.text;
    return made.error;
}

}  // namespace bpftwin::calls
