// What the checks of btf/check.h share: errors that name their type, and loops that stop at the
// first error.
#pragma once

#include <bit>
#include <cerrno>
#include <cstdint>
#include <string>
#include <string_view>

#include "btf/btf.h"
#include "fmt/format.h"

namespace bpftwin::btf_check {

inline std::unexpected<Error> bad(const Btf& btf, std::uint32_t id, std::string_view what) {
    return fail(fmt::format("BTF {}: {}", describe(btf, id), what), EINVAL);
}

/// "member 3 (pid)".
inline std::string entry(std::string_view noun, std::size_t index, std::string_view name) {
    return name.empty() ? fmt::format("{} {}", noun, index)
                        : fmt::format("{} {} ({})", noun, index, name);
}

/// Whether values, or pointers to it, may have that type: not a declaration or section.
constexpr bool is_value_kind(BtfKind kind) {
    return kind != BtfKind::func && kind != BtfKind::var && kind != BtfKind::datasec &&
           kind != BtfKind::decl_tag;
}

/// An int of a whole power of two of bytes (btf_type_int_is_regular, which does not ask for its
/// size).
inline bool is_whole_int(const BtfType& type) {
    return type.kind == BtfKind::int_ && type.bit_offset == 0 && type.bits >= 8 &&
           std::has_single_bit(type.bits);
}

/// Applies `check(entry, index)` to every entry of a span.
template <class Entries, class Check>
Result<void> for_each_entry(const Entries& entries, Check check) {
    for (std::size_t i = 0; i < entries.size(); ++i)
        if (Result<void> checked = check(entries[i], i); !checked) return checked;
    return {};
}

/// The first error of several checks.
template <class... Checks>
Result<void> in_turn(Checks... checks) {
    Result<void> result;
    (void)((result = checks()).has_value() && ...);
    return result;
}

}  // namespace bpftwin::btf_check
