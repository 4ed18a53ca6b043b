#include "helpers/probe.h"

#include <algorithm>
#include <cerrno>
#include <cstring>

#include "helpers/calls.h"
#include "vm/runtime.h"

namespace bpftwin {
namespace {

/// Copies up to `size` bytes until a zero.
/// @return whether all that were looked at could be read; `copied` says how many.
bool copy_piece(Runtime& runtime, char* to, std::uint64_t from, std::size_t size,
                std::size_t& copied) {
    if (runtime.probe_read(to, from, size)) {
        copied = size;
        return true;
    }
    for (copied = 0; copied < size; ++copied) {
        if (!runtime.probe_read(to + copied, from + copied, 1)) return false;
        if (to[copied] == '\0') {
            ++copied;
            return true;
        }
    }
    return true;
}

}  // namespace

long probe_read_string(Runtime& runtime, char* to, std::uint64_t from, std::size_t size) {
    constexpr std::size_t piece = 64;
    std::size_t done = 0;
    while (done < size) {
        char buffer[piece];
        std::size_t copied = 0;
        const std::size_t wanted = std::min(piece, size - done);
        if (!copy_piece(runtime, buffer, from + done, wanted, copied)) return -EFAULT;
        const auto* zero = static_cast<const char*>(std::memchr(buffer, 0, copied));
        const std::size_t used = zero ? static_cast<std::size_t>(zero - buffer) + 1 : copied;
        std::memcpy(to + done, buffer, used);
        done += used;
        if (zero) return static_cast<long>(done);
    }
    if (size != 0) to[size - 1] = '\0';
    return static_cast<long>(size);
}

// copy_from_kernel_nofault: an address that cannot be the kernel's is not even tried.
long kernel_error(std::uint64_t from) {
    constexpr std::uint64_t first = 0xffff'8000'0000'0000;
    return from >= first ? -EFAULT : -ERANGE;
}

namespace calls {
namespace {

// User and kernel addresses are one space here; what differs is what a bad address means.

/// bpf_probe_read on x86: the lower half of the address space is tried as user memory.
long compat_error(std::uint64_t from) {
    constexpr std::uint64_t user_end = 0x7fff'ffff'f000;
    return from < user_end ? -EFAULT : kernel_error(from);
}

/// The kernel looks at the address also where there is nothing to read.
bool is_out_of_range(Runtime& runtime, std::uint32_t size, std::uint64_t from, long error) {
    std::byte any{};
    return size == 0 && error == -ERANGE && !runtime.probe_read(&any, from, 1);
}

long read(Runtime& runtime, void* to, std::uint32_t size, std::uint64_t from, long error) {
    if (!is_out_of_range(runtime, size, from, error) && runtime.probe_read(to, from, size))
        return 0;
    std::memset(to, 0, size);
    return error;
}

long read_string(Runtime& runtime, char* to, std::uint32_t size, std::uint64_t from, long error) {
    const long copied = probe_read_string(runtime, to, from, size);
    if (copied >= 0) return copied;
    std::memset(to, 0, size);
    return error;
}

/// strncpy_from_user copies whole words while they fit: the one with the final zero is zero to
/// its end.
void zero_last_word(Runtime& runtime, char* to, std::uint32_t size, std::uint64_t from,
                    long copied) {
    constexpr std::uint64_t word = 8;
    const auto end = static_cast<std::uint64_t>(copied);
    const std::uint64_t begin = (end - 1) / word * word;
    if (begin + word > size || !runtime.memory().allows(from + begin, word, false)) return;
    std::memset(to + end, 0, begin + word - end);
}

}  // namespace

long probe_read(Runtime& runtime, void* to, std::uint32_t size, std::uint64_t from) {
    return read(runtime, to, size, from, compat_error(from));
}

long probe_read_user(Runtime& runtime, void* to, std::uint32_t size, std::uint64_t from) {
    return read(runtime, to, size, from, -EFAULT);
}

long probe_read_kernel(Runtime& runtime, void* to, std::uint32_t size, std::uint64_t from) {
    return read(runtime, to, size, from, kernel_error(from));
}

long probe_read_str(Runtime& runtime, char* to, std::uint32_t size, std::uint64_t from) {
    return read_string(runtime, to, size, from, compat_error(from));
}

long probe_read_user_str(Runtime& runtime, char* to, std::uint32_t size, std::uint64_t from) {
    const long copied = read_string(runtime, to, size, from, -EFAULT);
    if (copied > 0) zero_last_word(runtime, to, size, from, copied);
    return copied;
}

long probe_read_kernel_str(Runtime& runtime, char* to, std::uint32_t size, std::uint64_t from) {
    return read_string(runtime, to, size, from, kernel_error(from));
}

}  // namespace calls
}  // namespace bpftwin
