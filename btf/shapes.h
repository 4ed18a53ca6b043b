// Types as values: numbers that are equal for types that look the same, also in different BTF.
#pragma once

#include <cstdint>
#include <vector>

#include "btf/btf.h"

namespace bpftwin {

/// A type with a name (struct, union, enum, fwd, typedef) is the same as every type of that kind
/// and name; all others, and anonymous types, by what they are made of, to a depth of 64
/// references: so cycles end, and the time is linear. Ints and floats are what they can hold,
/// whatever their name; type tags are not looked at, as only some compilers write them.
class BtfShapes {
public:
    explicit BtfShapes(const Btf& btf);
    [[nodiscard]] std::uint64_t of(std::uint32_t id) const { return shapes_[id]; }
    /// The same for what a named type is made of: equal where its definitions are.
    [[nodiscard]] std::uint64_t definition(std::uint32_t id) const;

private:
    const Btf& btf_;
    std::vector<std::uint64_t> shapes_;  ///< By id.
};

}  // namespace bpftwin
