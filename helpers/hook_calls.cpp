// What a program learns of the hook that it is attached to, and what it tells it (kernel/trace/
// bpf_trace.c, kernel/bpf/cgroup.c, kernel/bpf/bpf_lsm.c).
#include <algorithm>
#include <cerrno>
#include <cstring>
#include <string>

#include "helpers/calls.h"
#include "helpers/format.h"
#include "helpers/map.h"
#include "helpers/require.h"
#include "helpers/tasks.h"
#include "helpers/touch.h"
#include "vm/context.h"
#include "vm/kernel_objects.h"
#include "vm/runtime.h"

namespace bpftwin::calls {
namespace {

constexpr std::size_t line_size = 1024;                            // MAX_BPRINTF_BUF.
constexpr std::uint32_t most_args = 12;                            // MAX_BPRINTF_VARARGS.
constexpr std::uint32_t counter_size = sizeof(std::uint64_t) * 3;  // struct bpf_perf_event_value.

/// Arguments of the traced function, in words; all words of the context where nothing tells.
std::uint64_t argument_count(Runtime& runtime) {
    const std::uint64_t words = runtime.context().size() / 8;
    if (!runtime.objects() || runtime.objects()->argument_words() == 0) return words;
    return std::min<std::uint64_t>(words, runtime.objects()->argument_words());
}

void copy_word(Runtime& runtime, std::uint64_t number, void* value) {
    std::memcpy(value, &runtime.context().bytes()[number * 8], 8);
}

/// 0 where the slot that `flags` name has an event, else the errno (get_map_perf_counter).
long check_event(Runtime& runtime, const Map& map, std::uint64_t flags) {
    constexpr std::uint64_t index_mask = 0xffff'ffff;  // BPF_F_INDEX_MASK, BPF_F_CURRENT_CPU.
    if ((flags & ~index_mask) != 0) return -EINVAL;
    const std::uint64_t index = flags == index_mask ? runtime.world().world().cpu : flags;
    if (index >= map.spec().max_entries) return -E2BIG;
    return index < map.cpu_count() ? 0 : -ENOENT;
}

long copy_counter(Runtime& runtime, void* to, std::uint32_t size) {
    if (!require_memory(runtime, to, size)) return 0;
    std::memset(to, 0, size);
    if (size != counter_size) return -EINVAL;
    const PerfCounter& perf = runtime.world().world().perf;
    const std::uint64_t words[] = {perf.counter, perf.enabled, perf.running};
    std::memcpy(to, words, sizeof words);
    return 0;
}

long ima_hash(Runtime& runtime, void* to, std::uint32_t size) {
    const World& world = runtime.world().world();
    if (world.ima_hash.empty()) return -EOPNOTSUPP;
    if (!require_memory(runtime, to, size)) return 0;
    std::memcpy(to, world.ima_hash.data(), std::min<std::size_t>(size, world.ima_hash.size()));
    return world.ima_algorithm;
}

}  // namespace

std::uint64_t get_attach_cookie(Runtime& runtime, const void*) {
    return runtime.world().world().attach_cookie;
}

std::uint64_t get_func_ip(Runtime& runtime, const void*) { return runtime.world().world().func_ip; }

long get_func_arg(Runtime& runtime, const void*, std::uint32_t number, void* value) {
    if (number >= argument_count(runtime)) return -EINVAL;
    copy_word(runtime, number, value);
    return 0;
}

long get_func_ret(Runtime& runtime, const void*, void* value) {
    const auto attach = runtime.program().expected_attach_type;
    if (attach != AttachType::trace_fexit && attach != AttachType::modify_return)
        return -EOPNOTSUPP;
    const std::uint64_t count = argument_count(runtime);
    if (count < runtime.context().size() / 8)
        copy_word(runtime, count, value);
    else
        std::memset(value, 0, 8);
    return 0;
}

long get_func_arg_cnt(Runtime& runtime, const void*) {
    return static_cast<long>(argument_count(runtime));
}

long get_retval(Runtime& runtime) {
    return runtime.effects().retval.value_or(runtime.world().world().retval);
}

long set_retval(Runtime& runtime, std::int32_t value) {
    runtime.effects().retval = value;
    return 0;
}

long override_return(Runtime& runtime, const void*, std::uint64_t value) {
    runtime.effects().override_return = value;
    return 0;
}

long perf_event_read(Runtime& runtime, Map& map, std::uint64_t flags) {
    if (!require_map_type(runtime, map, MapType::perf_event_array)) return 0;
    if (const long error = check_event(runtime, map, flags); error != 0) return error;
    return static_cast<long>(runtime.world().world().perf.counter);
}

long perf_event_read_value(Runtime& runtime, Map& map, std::uint64_t flags, void* to,
                           std::uint32_t size) {
    if (!require_map_type(runtime, map, MapType::perf_event_array)) return 0;
    const long error = size == counter_size ? check_event(runtime, map, flags) : -EINVAL;
    if (error == 0) return copy_counter(runtime, to, size);
    if (require_memory(runtime, to, size)) std::memset(to, 0, size);
    return error;
}

long perf_prog_read_value(Runtime& runtime, const void*, void* to, std::uint32_t size) {
    return copy_counter(runtime, to, size);
}

long read_branch_records(Runtime&, const void*, void*, std::uint32_t, std::uint64_t flags) {
    constexpr std::uint64_t size_only = 1;  // BPF_F_GET_BRANCH_RECORDS_SIZE.
    return (flags & ~size_only) != 0 ? -EINVAL : -ENOENT;
}

long get_branch_snapshot(Runtime&, void*, std::uint32_t, std::uint64_t flags) {
    return flags != 0 ? -EINVAL : -ENOENT;
}

long seq_write(Runtime& runtime, const void*, const void* data, std::uint32_t size) {
    if (!require_memory(runtime, data, size)) return 0;
    touch_readable(data, size);
    if (!require_output_room(runtime, size)) return 0;
    runtime.effects().sequence.append(static_cast<const char*>(data), size);
    return 0;
}

long seq_printf(Runtime& runtime, const void*, const char* format, std::uint32_t format_size,
                const void* args, std::uint32_t args_size) {
    if (args_size % 8 != 0 || args_size > most_args * 8 || (args_size != 0 && !args))
        return -EINVAL;
    const auto* zero = static_cast<const char*>(std::memchr(format, 0, format_size));
    if (!zero) return -EINVAL;
    std::uint64_t words[most_args] = {};
    if (args_size != 0) std::memcpy(words, args, args_size);
    char line[line_size];
    const long length = print(runtime, {format, zero}, std::span(words).first(args_size / 8), line);
    if (length < 0) return length;
    const std::string text = line;
    if (!require_output_room(runtime, text.size())) return 0;
    runtime.effects().sequence += text;
    return 0;
}

long d_path(Runtime& runtime, std::uint64_t path, char* to, std::uint32_t size) {
    if (size == 0 || !runtime.objects() || !require_memory(runtime, to, size)) return 0;
    touch_writable(to, size);
    return path_text(runtime, path, to, size);
}

long ima_inode_hash(Runtime& runtime, std::uint64_t, void* to, std::uint32_t size) {
    return ima_hash(runtime, to, size);
}

long ima_file_hash(Runtime& runtime, std::uint64_t, void* to, std::uint32_t size) {
    return ima_hash(runtime, to, size);
}

long bprm_opts_set(Runtime& runtime, std::uint64_t program, std::uint64_t flags) {
    constexpr std::uint64_t secure_exec = 1;  // BPF_F_BPRM_SECUREEXEC.
    if ((flags & ~secure_exec) != 0) return -EINVAL;
    if (runtime.objects())
        static_cast<void>(runtime.objects()->assign(program, "linux_binprm", "secureexec",
                                                    flags != 0 ? "1" : "0"));
    return 0;
}

}  // namespace bpftwin::calls
