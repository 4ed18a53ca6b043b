// What changed between two sets of types, as a reader of C sees it: layouts of structs and unions,
// enumerators, typedefs, prototypes of functions, variables.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "btf/btf.h"

namespace bpftwin {

/// Where a member is and what.
struct BtfPlace {
    std::string type;          ///< As C: "struct list_head".
    std::uint64_t bit_offset;  ///< From the start of the outermost struct.
    std::uint64_t bits;        ///< Its width.
    bool is_bit_field;
};

/// A member that is not the same on both sides; without a side where it is not there.
struct BtfMemberChange {
    std::string name;  ///< Of members of anonymous members with a name: "sched.on_rq".
    std::optional<BtfPlace> before, after;
    bool is_retyped = false;

    [[nodiscard]] bool is_moved() const {
        return before && after && before->bit_offset != after->bit_offset;
    }
    [[nodiscard]] bool is_resized() const { return before && after && before->bits != after->bits; }
};

struct BtfEnumeratorChange {
    std::string name;
    std::optional<std::string> before, after;  ///< Values in decimal.
};

/// A named type that is not the same on both sides.
struct BtfTypeChange {
    /// A side; absent where there is no such type.
    struct Side {
        std::optional<std::uint64_t> size;  ///< Bytes; none of functions.
        std::string declaration;            ///< As C; of what has members or enumerators its name.
    };

    BtfKind kind{};  ///< enum also for enum64.
    std::string name;
    std::optional<Side> before, after;
    bool is_retyped = false;               ///< typedef, func, var: declared as something else.
    std::vector<BtfMemberChange> members;  ///< By offset.
    std::vector<BtfEnumeratorChange> enumerators;  ///< By what is in `before`, then what is new.
};

/// Compares the types of the same kind and name: struct, union, enum, typedef, func, var. Types
/// that have no name are compared by what they are made of, ids never (btf/shapes.h); members of
/// anonymous members as the outer type's; a typedef of what has no name as if the name were its
/// own. Of several types with one name those that are the same are left out first. The time is
/// linear but for sorting names; what hostile types would unfold to is cut.
/// @param name the only name to look at; empty: all.
/// @return the changes by kind and name.
std::vector<BtfTypeChange> btf_changes(const Btf& before, const Btf& after,
                                       std::string_view name = {});

}  // namespace bpftwin
