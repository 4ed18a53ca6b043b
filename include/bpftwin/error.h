// Errors for bad input or a bad environment. A rejected program is a `Verdict`, a stopped one a
// `Trap`; our own bugs are assertions.
#pragma once

#include <cstddef>
#include <expected>
#include <source_location>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace bpftwin {

/// What went wrong and where, as one readable line: "file.o: section xdp: insn 3: …".
struct Error {
    std::string message;
    /// The kernel's errno for the same mistake (positive, `EINVAL`), or 0 where it has none.
    int code = 0;

    /// The same error with `where` prepended; each layer adds what it knows.
    [[nodiscard]] Error in(std::string_view where) const {
        return {std::string(where) + ": " + message, code};
    }
};

template <class T>
using Result = std::expected<T, Error>;

using Bytes = std::vector<std::byte>;
using ByteView = std::span<const std::byte>;

inline std::unexpected<Error> fail(std::string message, int code = 0) {
    return std::unexpected(Error{std::move(message), code});
}

/// Ends the process with `what` and the place: a bug of bpftwin's own, never of its input.
[[noreturn]] void bug(std::string_view what,
                      std::source_location where = std::source_location::current());

}  // namespace bpftwin
