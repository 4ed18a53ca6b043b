// Where an instruction came from: function and line of C, by func and line info (.BTF.ext).
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

#include "bpftwin/run.h"
#include "bpftwin/spec.h"

namespace bpftwin {

/// Name of the function that instruction `pc` belongs to; the program's own without others.
std::string_view function_at(const ProgramSpec& program, std::uint32_t pc);

/// The line that instruction `pc` was compiled from, or nothing without line info.
std::optional<SourceLine> source_at(const ProgramSpec& program, const Btf* btf, std::uint32_t pc);

}  // namespace bpftwin
