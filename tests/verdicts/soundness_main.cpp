// bpftwin_soundness: the verifier's claims held against runs of random programs, or of objects.
#include <chrono>
#include <filesystem>

#include "bpftwin/bpftwin.h"
#include "bpftwin/target.h"
#include "cli/options.h"
#include "fmt/format.h"
#include "tests/differential/verified.h"
#include "tests/verdicts/mutation.h"
#include "tests/verdicts/pointer_program.h"
#include "tests/verdicts/soundness.h"

namespace {

using namespace bpftwin;
using namespace bpftwin::verdicts;
using differential::Choices;

struct Options {
    std::vector<std::string> objects;
    std::uint64_t programs = 0;
    std::uint64_t seed = 1;
    unsigned inputs = 10;
};

constexpr unsigned batch_size = 64;

ObjectSpec random_programs(std::uint64_t seed) {
    Choices choices(seed);
    ObjectSpec object = choices.percent(10) ? differential::generate_verified_case(seed).object
                                            : pointer_programs(seed, batch_size).object;
    for (ProgramSpec& program : object.programs)
        while (choices.percent(25)) mutate(program, object.maps.size(), choices);
    return object;
}

void show_new(Soundness& sums, std::size_t& shown, const std::string& where) {
    for (; shown < sums.misses.size(); ++shown)
        if (shown < 20) fmt::print("{}\n{}\n", where, sums.misses[shown]);
    std::fflush(stdout);
}

void check_objects(const Options& options, Soundness& sums) {
    std::size_t shown = 0;
    Choices choices(options.seed);
    for (const std::string& folder : options.objects)
        for (const auto& entry : std::filesystem::recursive_directory_iterator(folder)) {
            auto object = load_elf_file(entry.path());
            if (!object) continue;
            if (const auto target = target_for(*object)) {
                resolve_core(*object, *target);
                resolve_externs(*object, *target);
            }
            check_soundness(*object, options.inputs, choices, sums);
            show_new(sums, shown, entry.path());
        }
}

void check_random(const Options& options, Soundness& sums) {
    std::size_t shown = 0;
    std::uint64_t made = 0;
    for (std::uint64_t seed = options.seed; made < options.programs; ++seed) {
        const ObjectSpec object = random_programs(seed);
        made += object.programs.size();
        Choices choices(seed);
        check_soundness(object, options.inputs, choices, sums);
        show_new(sums, shown, fmt::format("seed {}", seed));
    }
}

}  // namespace

int main(int argc, char** argv) {
    Options options;
    cli::CommandLine line("bpftwin_soundness",
                          "Holds what our verifier claims of the programs that it accepts against "
                          "runs on random inputs.\n"
                          "Example: bpftwin_soundness --programs 100000");
    line.options().add("--objects", options.objects, "folders of objects");
    line.options().add("--programs", options.programs, "how many random programs").with_default();
    line.options().add("--inputs", options.inputs, "inputs of each").with_default();
    line.options().add("--seed", options.seed, "the first seed").with_default();
    const auto parsed = line.parse(argc, argv);
    if (!parsed) return fmt::print(stderr, "bpftwin_soundness: {}\n", parsed.error().message), 2;
    if (!*parsed) return 0;
    const auto begin = std::chrono::steady_clock::now();
    Soundness sums;
    check_objects(options, sums);
    check_random(options, sums);
    const std::chrono::duration<double> spent = std::chrono::steady_clock::now() - begin;
    fmt::print("{}, {:.1f} s\n", sums.text(), spent.count());
    return sums.misses.empty() ? 0 : 1;
}
