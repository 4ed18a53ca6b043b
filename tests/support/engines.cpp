// The engines of this build.
#include "tests/support/engines.h"

#include <ostream>

namespace bpftwin::test {

std::vector<EngineCase> engine_cases() {
    return {{"interp_fast", make_interpreter, {.safety = Safety::unsafe}},
            {"interp_checked", make_interpreter, {.safety = Safety::checked}},
            {"jit", make_jit, {.safety = Safety::unsafe}, false},
            {"jit_unmetered", make_jit, {.safety = Safety::unsafe, .metered = false}, false}};
}

void PrintTo(const EngineCase& engine, std::ostream* out) { *out << engine.name; }

}  // namespace bpftwin::test
