// Addresses of a kernel's symbols, from the text of /proc/kallsyms.
#pragma once

#include <cstdint>
#include <functional>
#include <string_view>

namespace bpftwin {

/// A line of the list.
struct KernelSymbol {
    std::uint64_t address;
    std::string_view
        name;  ///< Without what link time optimisation adds to variables ("x.llvm.123").
};

/// Calls `each` for every line of the list that is one.
void for_each_symbol(std::string_view text, const std::function<void(const KernelSymbol&)>& each);

}  // namespace bpftwin
