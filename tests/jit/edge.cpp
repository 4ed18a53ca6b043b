#include "tests/jit/edge.h"

#include <sys/mman.h>
#include <unistd.h>

#include <stdexcept>

namespace bpftwin::test {

Edge::Edge(Behind behind)
    : page_(static_cast<std::size_t>(sysconf(_SC_PAGESIZE))),
      begin_(mmap(nullptr, 2 * page_, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0)) {
    const int allowed = behind == Behind::readable ? PROT_READ : PROT_NONE;
    if (begin_ == MAP_FAILED || mprotect(static_cast<char*>(begin_) + page_, page_, allowed) != 0)
        throw std::runtime_error("no two pages");
}

Edge::~Edge() { munmap(begin_, 2 * page_); }

std::uint64_t Edge::address() const { return reinterpret_cast<std::uint64_t>(begin_) + page_; }

}  // namespace bpftwin::test
