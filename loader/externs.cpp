#include "loader/externs.h"

namespace bpftwin {

Externs::Externs(const Btf* btf) {
    if (!btf) return;
    for (std::string_view section : {".ksyms", ".kconfig"}) {
        auto id = btf->find(section, BtfKind::datasec);
        if (!id) continue;
        for (const auto& var : btf->section_vars(btf->type(*id)))
            sections_.emplace(btf->type(var.type).name, section);
    }
}

std::optional<std::string_view> Externs::section_of(std::string_view name) const {
    auto found = sections_.find(name);
    if (found == sections_.end()) return std::nullopt;
    return found->second;
}

}  // namespace bpftwin
