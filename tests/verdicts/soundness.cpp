#include "tests/verdicts/soundness.h"

#include "bpftwin/bpftwin.h"
#include "bpftwin/claims.h"
#include "compare/judge.h"
#include "fmt/format.h"
#include "vm/context.h"

namespace bpftwin::verdicts {
namespace {

using differential::Choices;

constexpr std::uint32_t cpus = 4;

/// Bytes as programs find them: many zeros, some small numbers, some anything.
Bytes random_bytes(std::size_t size, Choices& choices) {
    Bytes bytes(size);
    const unsigned density = choices.below(100);
    for (std::byte& byte : bytes)
        if (choices.percent(density))
            byte =
                static_cast<std::byte>(choices.percent(50) ? choices.below(9) : choices.below(256));
    return bytes;
}

RunInput random_input(const ProgramSpec& program, Choices& choices) {
    RunInput input;
    const ContextLayout& layout = context_layout(program.type);
    if (layout.has_packet)
        input.packet = random_bytes(14 + choices.below(choices.percent(70) ? 80 : 1400), choices);
    else if (layout.size != 0 && program.type != ProgType::lsm)  // Whose result so far is an errno.
        input.context = random_bytes(layout.size, choices);
    input.world = World::fixed();
    input.world.random_seed = choices.bits();
    input.world.cpu = choices.below(cpus);
    input.world.task.pid = choices.below(1000);
    input.budget = 50'000;
    input.want_maps = false;
    return input;
}

/// Gives maps some contents, as far as user space may.
void fill(Instance& instance, const ObjectSpec& object, Choices& choices) {
    for (const MapSpec& spec : object.maps) {
        MapView* map = instance.map(spec.name);
        if (!map || spec.frozen || spec.key_size == 0) continue;
        for (std::uint32_t i = 0; i < 4 && choices.percent(80); ++i) {
            Bytes key(spec.key_size);
            key[0] = static_cast<std::byte>(i);
            (void)map->update(key, {random_bytes(spec.value_size, choices)}, 0);
        }
    }
}

std::string hex_of(ByteView bytes) {
    std::string text;
    for (const std::byte byte : bytes) text += fmt::format("{:02x}", static_cast<unsigned>(byte));
    return text;
}

std::string input_text(const RunInput& input) {
    return fmt::format("packet {}\ncontext {}\n", input.packet ? hex_of(*input.packet) : "-",
                       input.context ? hex_of(*input.context) : "-");
}

/// Whether a program's runs come to an end, or only into what does not run here.
void run_program(Instance& instance, const ProgramSpec& program, unsigned inputs, Choices& choices,
                 Soundness& sums) {
    bool ended = false;
    for (unsigned i = 0; i < inputs; ++i) {
        const RunInput input = random_input(program, choices);
        const auto result = instance.run(program.name, input);
        if (!result) return;
        ++sums.runs;
        sums.held += result->claims_held;
        ended |= !result->trap;
        if (!result->trap || result->trap->kind != TrapKind::broken_claim) continue;
        sums.misses.push_back(fmt::format("{}\n{}", result->trap->describe(), input_text(input)));
        break;
    }
    sums.ran += ended ? 1 : 0;
}

}  // namespace

std::string Soundness::text() const {
    return fmt::format(
        "accepted {}, run to an end {}, runs {}, instructions as claimed {}, too many claims {}, "
        "misses {}",
        accepted, ran, runs, held, incomplete, misses.size());
}

void check_soundness(const ObjectSpec& given, unsigned inputs, Choices& choices, Soundness& sums) {
    ObjectSpec object = given;
    EngineOptions options{.cpu_count = cpus};
    std::vector<const ProgramSpec*> programs;
    for (ProgramSpec& program : object.programs) {
        program.autoload = true;
        const auto claims = std::make_shared<Claims>();
        const Verdict verdict =
            compare::verify_ready(object, program, {.cpus = cpus, .claims = claims.get()});
        if (verdict.answer != Answer::accepted) continue;
        ++sums.accepted;
        sums.incomplete += claims->complete ? 0 : 1;
        options.claims.emplace(program.name, claims);
        programs.push_back(&program);
    }
    if (programs.empty()) return;
    const auto instance = make_interpreter()->instantiate(object, options);
    if (!instance) return;
    fill(**instance, object, choices);
    for (const ProgramSpec* program : programs)
        run_program(**instance, *program, inputs, choices, sums);
}

}  // namespace bpftwin::verdicts
