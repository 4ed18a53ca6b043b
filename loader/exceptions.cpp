#include "loader/exceptions.h"

#include <algorithm>
#include <vector>

namespace bpftwin {
namespace {

constexpr std::string_view prefix = "exception_callback:";

/// Names that tags of the function give.
std::vector<std::string_view> names_of(const Btf& btf, std::string_view function) {
    std::vector<std::string_view> names;
    for (std::uint32_t id = 1; id < btf.type_count(); ++id) {
        if (btf.kind(id) != BtfKind::decl_tag) continue;
        const BtfType& tag = btf.type(id);
        const BtfType& target = btf.type(tag.type);
        if (tag.component == -1 && tag.name.starts_with(prefix) && target.kind == BtfKind::func &&
            target.name == function)
            names.push_back(tag.name.substr(prefix.size()));
    }
    return names;
}

}  // namespace

std::optional<std::uint32_t> exception_callback(const Btf& btf, const Code& code,
                                                std::string_view program) {
    const auto names = names_of(btf, program);
    if (names.size() != 1) return std::nullopt;
    const auto& functions = code.functions();
    const auto found = std::ranges::find_if(functions, [&](const CodeFunction& function) {
        return !function.entry && function.name == names.front();
    });
    if (found == functions.end()) return std::nullopt;
    return static_cast<std::uint32_t>(found - functions.begin());
}

}  // namespace bpftwin
