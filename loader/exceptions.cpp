#include "loader/exceptions.h"

#include <algorithm>

namespace bpftwin {

Exceptions::Exceptions(const Btf* btf) {
    constexpr std::string_view prefix = "exception_callback:";
    if (!btf) return;
    for (std::uint32_t id = 1; id < btf->type_count(); ++id) {
        if (btf->kind(id) != BtfKind::decl_tag) continue;
        const BtfType& tag = btf->type(id);
        if (tag.component != -1 || !tag.name.starts_with(prefix)) continue;
        if (const BtfType& target = btf->type(tag.type); target.kind == BtfKind::func)
            names_.emplace(target.name, tag.name.substr(prefix.size()));
    }
}

std::optional<std::uint32_t> Exceptions::callback_of(std::string_view program,
                                                     const Code& code) const {
    if (names_.count(program) != 1) return std::nullopt;
    const std::string_view name = names_.find(program)->second;
    const auto& functions = code.functions();
    const auto found = std::ranges::find_if(functions, [&](const CodeFunction& function) {
        return !function.entry && function.name == name;
    });
    if (found == functions.end()) return std::nullopt;
    return static_cast<std::uint32_t>(found - functions.begin());
}

}  // namespace bpftwin
