#include "jit/code_memory.h"

#include <sys/mman.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <utility>

#include "fmt/format.h"

namespace bpftwin::jit {
namespace {

std::unexpected<Error> refusal(std::size_t bytes) {
    const int error = errno;
    return fail(fmt::format("the system gives no executable memory ({} bytes): {}", bytes,
                            std::strerror(error)),
                error);
}

}  // namespace

Result<CodeMemory> CodeMemory::create(std::span<const ByteView> pieces) {
    std::size_t size = 0;
    for (const ByteView piece : pieces) size = next_offset(size, piece.size());
    void* found = mmap(nullptr, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (found == MAP_FAILED) return refusal(size);
    CodeMemory memory(static_cast<std::byte*>(found), size);
    std::size_t offset = 0;
    for (const ByteView piece : pieces) {
        std::ranges::copy(piece, memory.begin_ + offset);
        offset = next_offset(offset, piece.size());
    }
    if (mprotect(found, size, PROT_READ | PROT_EXEC) != 0) return refusal(size);
    auto* text = reinterpret_cast<char*>(memory.begin_);
    __builtin___clear_cache(text, text + size);
    return memory;
}

CodeMemory::CodeMemory(CodeMemory&& other) noexcept
    : begin_(std::exchange(other.begin_, nullptr)), size_(std::exchange(other.size_, 0)) {}

CodeMemory& CodeMemory::operator=(CodeMemory&& other) noexcept {
    std::swap(begin_, other.begin_);
    std::swap(size_, other.size_);
    return *this;
}

CodeMemory::~CodeMemory() {
    if (begin_) munmap(begin_, size_);
}

}  // namespace bpftwin::jit
