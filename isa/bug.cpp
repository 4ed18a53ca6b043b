// The end of the process for a bug of our own.
#include <cstdlib>

#include "bpftwin/error.h"
#include "fmt/format.h"

namespace bpftwin {

void bug(std::string_view what, std::source_location where) {
    fmt::print(stderr, "bpftwin bug: {} ({}:{})\n", what, where.file_name(), where.line());
    std::abort();
}

}  // namespace bpftwin
