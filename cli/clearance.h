// Whether a program may run in this process: what our verifier says of it, and what the user
// answers for.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "bpftwin/engine.h"
#include "bpftwin/spec.h"
#include "bpftwin/verdict.h"
#include "cli/object.h"
#include "cli/options.h"
#include "cli/terminal.h"

namespace bpftwin::cli {

/// What the user says of programs that were not accepted.
struct TrustArguments {
    bool unverified = false;  ///< They run, in the checked interpreter.
    bool unsafe = false;      ///< Nothing is asked, they run like accepted ones.
};

/// Adds --unverified and --unsafe to a command.
/// @return the second.
Option add_trust_options(Options options, TrustArguments& trust);

/// How a program may run.
enum class Clearance : std::uint8_t {
    full,     ///< On every engine.
    checked,  ///< In the checked interpreter only.
    refused,
};

struct Cleared {
    Clearance clearance = Clearance::full;
    /// Of the program, or of the first one that it may tail-call and that was not accepted.
    std::optional<Verdict> verdict;       ///< Nothing: nobody was asked.
    const ProgramSpec* judged = nullptr;  ///< Whose verdict it is.
    ProgramClaims claims = {};            ///< Where they were asked for.
    std::string where = {};               ///< Of a rejection: instruction and line of C.

    /// How the interpreter runs it: without checks where nothing leads out of the memory that the
    /// verifier knows.
    /// @param own_context whether the user made the context, in which anything may stand.
    [[nodiscard]] Safety interpreter_safety(bool own_context) const;
    /// Why an engine without checks does not run it: "not verified: …".
    [[nodiscard]] std::string reason() const;
};

/// Asks our verifier about a program and those that it may tail-call, all as they will run.
/// @param cpus as `EngineOptions::cpu_count`.
/// @param wants_claims whether `Cleared::claims` is filled.
Cleared clear(const ReadyObject& object, const ProgramSpec& program, const TrustArguments& trust,
              std::uint32_t cpus, bool wants_claims = false);

/// Of a refused program: the verdict, and what to do.
std::string refusal_text(const Cleared& cleared, Style style);

/// Says on standard error why a program that could not be verified runs with checks.
void note_unverified(const Cleared& cleared);

}  // namespace bpftwin::cli
