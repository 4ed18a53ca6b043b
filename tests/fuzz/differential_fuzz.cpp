// Whatever program the bytes choose, all engines run it to the same results.
#include <cstddef>
#include <cstdint>
#include <string>

#include "bpftwin/error.h"
#include "tests/differential/compare.h"
#include "tests/differential/report.h"
#include "tests/support/engines.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    using namespace bpftwin;
    using namespace bpftwin::differential;
    const Case one = generate_case(std::span(data, size));
    const auto engines = test::engine_cases();
    const Contender reference(engines.front());
    for (const auto& engine : engines)
        if (const auto found = compare(Contender(engine), reference, one))
            bug(engine.name + " differs from " + reference.name() + " in run " +
                std::to_string(found->run) + "\n" + found->what + describe(one));
    return 0;
}
