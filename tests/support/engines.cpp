// The engines of this build.
#include "tests/support/engines.h"

#include <ostream>

namespace bpftwin::test {

std::vector<EngineCase> engine_cases() {
    return {{"interp_fast", make_interpreter, {.safety = Safety::unsafe}},
            {"interp_checked", make_interpreter, {.safety = Safety::checked}}};
}

void PrintTo(const EngineCase& engine, std::ostream* out) { *out << engine.name; }

}  // namespace bpftwin::test
