// Finds a BTF type by name and kind: an open-addressed hash table.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string_view>
#include <vector>

namespace bpftwin {

enum class BtfKind : std::uint8_t;
struct BtfType;

/// Holds indexes only; the types themselves are passed to every call and must be the same ones.
class BtfNameIndex {
public:
    /// Indexes every named type; of several with one name and kind the first counts.
    void build(std::span<const BtfType> types);
    [[nodiscard]] std::optional<std::uint32_t> find(std::span<const BtfType> types,
                                                    std::string_view name, BtfKind kind) const;

private:
    [[nodiscard]] std::uint64_t hash(std::string_view name, BtfKind kind) const;
    /// The slot that holds that name and kind, or the free one where it belongs.
    [[nodiscard]] std::size_t slot(std::span<const BtfType> types, std::string_view name,
                                   BtfKind kind) const;

    std::vector<std::uint32_t> slots_;  ///< One more than an index into the types; 0: free. A
                                        ///< power of two of them.
    std::uint64_t seed_ = 0;
};

}  // namespace bpftwin
