// What an object wants from outside: variables and functions that BTF places in `.ksyms` or
// `.kconfig`.
#pragma once

#include <optional>
#include <string_view>
#include <unordered_map>

#include "btf/btf.h"

namespace bpftwin {

/// The section that BTF puts each extern in, by the extern's name.
class Externs {
public:
    explicit Externs(const Btf* btf);
    /// ".ksyms" or ".kconfig", or nothing for a name that is no extern.
    [[nodiscard]] std::optional<std::string_view> section_of(std::string_view name) const;

private:
    std::unordered_map<std::string_view, std::string_view> sections_;
};

}  // namespace bpftwin
