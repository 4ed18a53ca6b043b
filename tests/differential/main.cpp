#include <cstdlib>
#include "fmt/format.h"
#include "isa/disasm.h"
#include "tests/differential/compare.h"
using namespace bpftwin;
using namespace bpftwin::differential;
int main(int argc, char** argv) {
    std::uint64_t seed = argc > 1 ? strtoull(argv[1], nullptr, 0) : 1,
                  count = argc > 2 ? strtoull(argv[2], nullptr, 0) : 1;
    auto engines = test::engine_cases();
    Contender a(engines[0]), b(engines[1]);
    if (argc > 3) {
        std::size_t n = 0, p = 0;
        for (auto s = seed; s < seed + count; ++s) {
            auto c = generate_case(s);
            for (auto& x : c.object.programs) n += x.insns.size(), ++p;
        }
        fmt::print("{} insns {} programs\n", n, p);
        return 0;
    }
    std::uint64_t insns = 0, traps = 0, runs = 0;
    for (auto s = seed; s < seed + count; ++s) {
        auto c = generate_case(s);
        if (count == 1)
            for (auto& p : c.object.programs)
                fmt::print("{}\n{}\n", p.name, disassemble(p.insns).value());
        if (auto d = compare(a, b, c)) {
            fmt::print("seed {} run {}:\n{}", s, d->run, d->what);
            if (count < 100000) continue;
            return 1;
        }
        if (argc > 3 || count <= 1000) {
            auto i = a.instantiate(c).value();
            for (auto& r : c.runs) {
                auto x = i->run(r.program, r.input).value();
                insns += x.insns;
                ++runs;
                if (x.trap) ++traps, fmt::print("seed {} {}\n", s, x.trap->describe());
            }
        }
    }
    fmt::print("runs {} insns {} traps {}\n", runs, insns, traps);
}
