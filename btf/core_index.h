// Finds types by their name without flavours, for CO-RE.
#pragma once

#include <cstdint>
#include <span>
#include <string_view>
#include <vector>

namespace bpftwin {

struct BtfType;

/// Holds indexes only; the types themselves are passed to every call and must be the same ones.
class CoreIndex {
public:
    void build(std::span<const BtfType> types);
    /// Indexes of all named types whose essential name is `name`, ascending. Functions, variables
    /// and sections, which no relocation names, are left out.
    [[nodiscard]] std::vector<std::uint32_t> find(std::span<const BtfType> types,
                                                  std::string_view name) const;

private:
    struct Entry {
        std::uint32_t hash, index;
        auto operator<=>(const Entry&) const = default;
    };
    std::vector<Entry> entries_;  ///< Sorted.
};

}  // namespace bpftwin
