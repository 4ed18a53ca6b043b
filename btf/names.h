// Which strings of a BTF can be names (the kernel's btf_name_valid_identifier and
// btf_name_valid_section).
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "btf/wire.h"

namespace bpftwin {

/// Knows of most strings whether they are identifiers without reading them: a kernel has 125,000
/// strings that it uses 240,000 times, all but a few of them identifiers.
class PlainStrings {
public:
    PlainStrings() = default;
    /// @param strings a string section: its last byte is 0.
    explicit PlainStrings(std::string_view strings);

    /// Whether the string that contains `offset`, which must be inside the section, is known to
    /// end after at most 511 characters from there, all of them characters of identifiers.
    [[nodiscard]] bool at(std::size_t offset) const {
        const std::size_t block = offset / block_size;
        return plain_[block] != 0 && plain_[block + 1] != 0;
    }

private:
    /// A string that begins in a block and ends in the next one is short enough for a name.
    static constexpr std::size_t block_size = (btf_wire::max_name_length + 1) / 2;

    std::vector<std::uint8_t> plain_;  ///< By block, and one behind the last: whether a string ends
                                       ///< in it and all characters are those of identifiers.
};

/// Whether the string at `text`, with its end inside the same section, may stand where `rule` is.
/// @param offset the string's: having no name is offset 0, an empty string elsewhere a bad one.
bool follows(btf_wire::NameRule rule, std::uint32_t offset, std::string_view text);

/// Whether `c` may be the first character of an identifier of which all others are good.
constexpr bool begins_identifier(char c) { return c != '\0' && !(c >= '0' && c <= '9'); }

/// Why a name breaks its rule, with the name itself as far as it is readable.
std::string complaint(btf_wire::NameRule rule, std::string_view name);

}  // namespace bpftwin
