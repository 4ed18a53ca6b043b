// Base-16 bytes.
#include "tests/conformance/hex.h"

#include <charconv>

#include "fmt/format.h"

namespace bpftwin::conformance {

Result<Bytes> parse_hex(std::string_view text) {
    constexpr std::string_view blanks = " \t\r\n";
    Bytes bytes;
    for (auto at = text.find_first_not_of(blanks); at != text.npos;
         at = text.find_first_not_of(blanks, at)) {
        auto two = text.substr(at, 2);
        std::uint8_t value = 0;
        auto [end, error] = std::from_chars(two.data(), two.data() + two.size(), value, 16);
        if (error != std::errc() || end != two.data() + 2)
            return fail(fmt::format("\"{}\" is not a byte in base 16", two));
        bytes.push_back(static_cast<std::byte>(value));
        at += 2;
    }
    return bytes;
}

}  // namespace bpftwin::conformance
