#include "helpers/touch.h"

// A sanitizer's own look at a bad address would fault first, and name another one.
#define BPFTWIN_BARE __attribute__((no_sanitize("address", "thread", "undefined")))

namespace bpftwin {
namespace {

BPFTWIN_BARE void read_byte(std::uint64_t address) {
    static_cast<void>(*reinterpret_cast<const volatile char*>(address));
}

// Atomic, so that what another thread writes meanwhile is not undone; volatile, as clang drops an
// operation that changes nothing.
BPFTWIN_BARE void rewrite_byte(std::uint64_t address) {
    __atomic_fetch_or(reinterpret_cast<volatile char*>(address), 0, __ATOMIC_RELAXED);
}

void for_each_page(std::uint64_t begin, std::uint64_t size, void (*touch)(std::uint64_t)) {
    constexpr std::uint64_t page = 4096;  // The smallest of the supported machines.
    if (size == 0) return;
    touch(begin);
    const std::uint64_t last = (begin + size - 1) / page;
    for (std::uint64_t i = begin / page + 1; i <= last; ++i) touch(i * page);
}

}  // namespace

void touch_readable(const void* memory, std::uint64_t size) {
    for_each_page(reinterpret_cast<std::uint64_t>(memory), size, read_byte);
}

void touch_writable(void* memory, std::uint64_t size) {
    for_each_page(reinterpret_cast<std::uint64_t>(memory), size, rewrite_byte);
}

}  // namespace bpftwin
