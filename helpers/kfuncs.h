// Kernel functions by name, as the engines call them: like helpers. What they do is declared in
// helpers/kfunc_calls.h.
#pragma once

#include <optional>
#include <string_view>

#include "helpers/implementation.h"
#include "helpers/prototype.h"

namespace bpftwin {

/// A kernel function that runs here.
struct Kfunc {
    std::string_view name;
    HelperFunction function;
    bool can_fail;
    std::uint64_t failure;  ///< r0 of a call that fails.
};

/// All of them, sorted by name.
std::span<const Kfunc> kfunc_table();
/// The one of that name, or null.
const Kfunc* kfunc_named(std::string_view name);

/// r0 of a call of the helper that fails: its documented error, or null; nothing: it cannot fail.
std::optional<std::uint64_t> failure_of(const Helper& helper);

}  // namespace bpftwin
