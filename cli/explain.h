// Why a program was rejected, for people: the reason in plain words, the line of C, the path, the
// value's history, and what to change (`bpftwin verify --explain`).
#pragma once

#include <string>

#include "cli/json.h"
#include "cli/terminal.h"
#include "cli/verdicts.h"

namespace bpftwin::cli {

/// Lines under the verdict; empty of what was not rejected.
/// @param object that the program belongs to.
std::string explanation_text(const Judged& judged, const ObjectSpec& object, Style style);

/// Instruction, path and history with lines of C; null where none is known.
Json explanation_json(const Judged& judged, const ObjectSpec& object);

/// "at insn 3, file.c:7: the line", or an empty text.
std::string place_of_rejection(const Verdict& verdict, const ObjectSpec& object,
                               const ProgramSpec& program);

}  // namespace bpftwin::cli
