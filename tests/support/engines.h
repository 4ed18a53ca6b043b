// Every engine that tests run a case on, under one name each.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "bpftwin/engine.h"

namespace bpftwin::test {

/// An engine and the options that make it one case: "interp_fast", "interp_checked".
struct EngineCase {
    std::string name;
    std::unique_ptr<Engine> (*make)();
    EngineOptions options;
    bool counts_insns = true;  ///< Whether `RunResult::insns` is exact rather than 0.
};

/// All engines that this build has.
std::vector<EngineCase> engine_cases();

/// Prints a case by its name in parametrised tests.
void PrintTo(const EngineCase& engine, std::ostream* out);

}  // namespace bpftwin::test
