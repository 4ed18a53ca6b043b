// Printing helpers (kernel/trace/bpf_trace.c, bpf_snprintf in kernel/bpf/helpers.c).
#include <array>
#include <cerrno>
#include <cstring>
#include <optional>
#include <string>
#include <utility>

#include "helpers/calls.h"
#include "helpers/format.h"
#include "helpers/require.h"
#include "helpers/touch.h"
#include "vm/runtime.h"

namespace bpftwin::calls {
namespace {

constexpr std::size_t line_size = 1024;  // MAX_BPRINTF_BUF.
constexpr std::size_t most_args = 12;    // MAX_BPRINTF_VARARGS.

/// Arguments of the variadic forms: words in program memory, of any alignment.
struct Words {
    std::array<std::uint64_t, most_args> words{};
    std::size_t count = 0;

    [[nodiscard]] std::span<const std::uint64_t> span() const { return {words.data(), count}; }
};

std::optional<Words> read_words(const void* args, std::uint32_t size) {
    if (size % 8 != 0 || size > most_args * 8 || (size != 0 && !args)) return std::nullopt;
    Words result;
    result.count = size / 8;
    if (size != 0) std::memcpy(result.words.data(), args, size);
    return result;
}

/// The format up to its zero, which must lie within `size` bytes.
std::optional<std::string_view> bounded_format(const char* format, std::uint32_t size) {
    const auto* zero = static_cast<const char*>(std::memchr(format, 0, size));
    if (!zero) return std::nullopt;
    return std::string_view(format, zero);
}

long trace(Runtime& runtime, const char* format, std::uint32_t size,
           std::span<const std::uint64_t> args) {
    const auto text = bounded_format(format, size);
    if (!text) return -EINVAL;
    std::array<char, line_size> line;
    const long length = print(runtime, *text, args, line);
    if (length < 0) return length;
    std::string printed = line.data();
    if (!require_output_room(runtime, printed.size() + sizeof(std::string))) return 0;
    runtime.effects().trace.push_back(std::move(printed));
    return length;
}

}  // namespace

long trace_printk(Runtime& runtime, const char* format, std::uint32_t format_size,
                  std::uint64_t arg1, std::uint64_t arg2, std::uint64_t arg3) {
    return trace(runtime, format, format_size, std::array{arg1, arg2, arg3});
}

long trace_vprintk(Runtime& runtime, const char* format, std::uint32_t format_size,
                   const void* args, std::uint32_t args_size) {
    const auto words = read_words(args, args_size);
    if (!words) return -EINVAL;
    return trace(runtime, format, format_size, words->span());
}

long snprintf(Runtime& runtime, char* to, std::uint32_t size, const char* format, const void* args,
              std::uint32_t args_size) {
    const auto words = read_words(args, args_size);
    if (!words) return -EINVAL;
    if (!require_memory(runtime, to, size)) return 0;
    touch_writable(to, size);
    const long length = print(runtime, format, words->span(), {to, size});
    return length < 0 ? length : length + 1;
}

}  // namespace bpftwin::calls
