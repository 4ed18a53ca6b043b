// String functions of programs (kernel/bpf/helpers.c, __bpf_strnchr and its kin): byte by byte, at
// most 64 KiB, of memory that may not be there.
#include <algorithm>
#include <cerrno>
#include <limits>
#include <optional>

#include "helpers/kfunc_calls.h"
#include "helpers/probe.h"
#include "helpers/require.h"
#include "vm/runtime.h"

namespace bpftwin::kfuncs {
namespace {

constexpr std::uint64_t longest = 65536;  // XATTR_SIZE_MAX.
constexpr std::uint64_t everything = std::numeric_limits<std::uint64_t>::max();

/// A string in the program's memory. The first byte that cannot be read ends what is asked of it
/// with an error.
class Text {
public:
    Text(Runtime& runtime, std::uint64_t address) : runtime_(&runtime), address_(address) {}

    /// The byte at `index`, or nothing with `error` set.
    std::optional<char> at(std::uint64_t index, int& error) const {
        char byte = 0;
        if (runtime_->probe_read(&byte, address_ + index, 1)) return byte;
        constexpr std::uint64_t first_of_kernel = 0xffff'8000'0000'0000;
        error = address_ >= first_of_kernel ? -EFAULT : -ERANGE;
        return std::nullopt;
    }

private:
    Runtime* runtime_;
    std::uint64_t address_;
};

int position(std::uint64_t index) { return static_cast<int>(index); }

char lower(char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; }

template <class Fold>
int compare(const Text& left, const Text& right, Fold fold) {
    int error = 0;
    for (std::uint64_t i = 0; i < longest; ++i) {
        const auto a = left.at(i, error);
        const auto b = a ? right.at(i, error) : std::nullopt;
        if (!b) return error;
        const auto x = static_cast<unsigned char>(fold(*a)),
                   y = static_cast<unsigned char>(fold(*b));
        if (x != y) return x < y ? -1 : 1;
        if (*a == '\0') return 0;
    }
    return -E2BIG;
}

int find(const Text& text, std::uint64_t count, char wanted) {
    int error = 0;
    std::uint64_t i = 0;
    for (; i < count && i < longest; ++i) {
        const auto c = text.at(i, error);
        if (!c) return error;
        if (*c == wanted) return position(i);
        if (*c == '\0') return -ENOENT;
    }
    return i == longest ? -E2BIG : -ENOENT;
}

/// Whether `c` is one of `set`, or an error.
int is_in(const Text& set, char c) {
    int error = 0;
    for (std::uint64_t i = 0; i < longest; ++i) {
        const auto one = set.at(i, error);
        if (!one) return error;
        if (*one == '\0') return 0;
        if (*one == c) return 1;
    }
    return -E2BIG;
}

/// Length of the beginning whose bytes are all in `set` (or all are not).
int span_of(const Text& text, const Text& set, bool inside) {
    int error = 0;
    for (std::uint64_t i = 0; i < longest; ++i) {
        const auto c = text.at(i, error);
        if (!c) return error;
        if (*c == '\0') return position(i);
        const int found = is_in(set, *c);
        if (found < 0) return found;
        if ((found == 1) != inside) return position(i);
    }
    return -E2BIG;
}

/// Whether `wanted` is at `start`: 1, 0, or an error; -ENOENT also where the text ends before it.
int matches(const Text& text, std::uint64_t start, const Text& wanted, std::uint64_t count) {
    int error = 0;
    for (std::uint64_t j = 0; j < longest; ++j) {
        if (start + j > count) return -ENOENT;
        const auto b = wanted.at(j, error);
        if (!b) return error;
        if (*b == '\0') return 1;
        if (start + j == count) return -ENOENT;
        const auto a = text.at(start + j, error);
        if (!a) return error;
        if (*a == '\0') return -ENOENT;
        if (*a != *b) return 0;
    }
    return -E2BIG;
}

int find_text(const Text& text, const Text& wanted, std::uint64_t count) {
    for (std::uint64_t i = 0; i < longest; ++i) {
        const int found = matches(text, i, wanted, count);
        if (found == 1) return position(i);
        if (found < 0) return found;
    }
    return -E2BIG;
}

int copy_string(Runtime& runtime, char* to, std::uint32_t size, std::uint64_t from,
                std::uint64_t flags) {
    constexpr std::uint64_t pad_zeros = 1;  // BPF_F_PAD_ZEROS.
    if ((flags & ~pad_zeros) != 0) return -EINVAL;
    if (size == 0) return 0;
    if (!runtime.memory().allows(reinterpret_cast<std::uint64_t>(to), size, true)) {
        refuse_argument(runtime, "the buffer is not the program's memory");
        return 0;
    }
    const long copied = probe_read_string(runtime, to, from, size);
    const bool pads = (flags & pad_zeros) != 0;
    if (copied < 0) {
        if (pads) std::fill_n(to, size, '\0');
        return static_cast<int>(copied);
    }
    if (pads) std::fill(to + copied, to + size, '\0');
    return static_cast<int>(copied);
}

}  // namespace

int bpf_strcmp(Runtime& runtime, std::uint64_t left, std::uint64_t right) {
    return compare({runtime, left}, {runtime, right}, [](char c) { return c; });
}

int bpf_strcasecmp(Runtime& runtime, std::uint64_t left, std::uint64_t right) {
    return compare({runtime, left}, {runtime, right}, lower);
}

int bpf_strchr(Runtime& runtime, std::uint64_t text, char wanted) {
    return find({runtime, text}, everything, wanted);
}

int bpf_strnchr(Runtime& runtime, std::uint64_t text, std::uint64_t count, char wanted) {
    return find({runtime, text}, count, wanted);
}

int bpf_strchrnul(Runtime& runtime, std::uint64_t address, char wanted) {
    const Text text(runtime, address);
    int error = 0;
    for (std::uint64_t i = 0; i < longest; ++i) {
        const auto c = text.at(i, error);
        if (!c) return error;
        if (*c == '\0' || *c == wanted) return position(i);
    }
    return -E2BIG;
}

int bpf_strrchr(Runtime& runtime, std::uint64_t address, std::int32_t wanted) {
    const Text text(runtime, address);
    int error = 0, last = -ENOENT;
    for (std::uint64_t i = 0; i < longest; ++i) {
        const auto c = text.at(i, error);
        if (!c) return error;
        if (*c == static_cast<char>(wanted)) last = position(i);
        if (*c == '\0') return last;
    }
    return -E2BIG;
}

int bpf_strnlen(Runtime& runtime, std::uint64_t address, std::uint64_t count) {
    const Text text(runtime, address);
    int error = 0;
    std::uint64_t i = 0;
    for (; i < count && i < longest; ++i) {
        const auto c = text.at(i, error);
        if (!c) return error;
        if (*c == '\0') return position(i);
    }
    return i == longest ? -E2BIG : position(i);
}

int bpf_strlen(Runtime& runtime, std::uint64_t text) {
    return bpf_strnlen(runtime, text, everything);
}

int bpf_strspn(Runtime& runtime, std::uint64_t text, std::uint64_t accept) {
    return span_of({runtime, text}, {runtime, accept}, true);
}

int bpf_strcspn(Runtime& runtime, std::uint64_t text, std::uint64_t reject) {
    return span_of({runtime, text}, {runtime, reject}, false);
}

int bpf_strstr(Runtime& runtime, std::uint64_t text, std::uint64_t wanted) {
    return find_text({runtime, text}, {runtime, wanted}, everything);
}

int bpf_strnstr(Runtime& runtime, std::uint64_t text, std::uint64_t wanted, std::uint64_t count) {
    return find_text({runtime, text}, {runtime, wanted}, count);
}

int bpf_copy_from_user_str(Runtime& runtime, char* to, std::uint32_t size, std::uint64_t from,
                           std::uint64_t flags) {
    return copy_string(runtime, to, size, from, flags);
}

int bpf_copy_from_user_task_str(Runtime& runtime, char* to, std::uint32_t size, std::uint64_t from,
                                std::uint64_t, std::uint64_t flags) {
    return copy_string(runtime, to, size, from, flags);
}

}  // namespace bpftwin::kfuncs
