// The function that handles a program's exceptions (bpf_throw): nothing calls it, a declaration tag
// of the program names it.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

#include "btf/btf.h"
#include "loader/code.h"

namespace bpftwin {

/// Index of the function that the tag "exception_callback:NAME" of `program` names. Where there are
/// several tags or no such function there is none: verifiers refuse those programs.
std::optional<std::uint32_t> exception_callback(const Btf& btf, const Code& code,
                                                std::string_view program);

}  // namespace bpftwin
