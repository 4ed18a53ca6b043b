// Checking, calibrating and sampling of one program.
#include "bench/contest.h"

#include <algorithm>
#include <string>

#include "fmt/format.h"

namespace bpftwin::bench {
namespace {

constexpr std::uint32_t input_count = 4;
constexpr double sample_ns = 1e6;  ///< How long one sample of one way should take.
constexpr std::array<std::string_view, way_count> way_names = {"native", "interpreter", "checked"};

template <class Value>
double median(std::size_t count, Value value) {
    std::vector<double> sorted(count);
    for (std::size_t i = 0; i < count; ++i) sorted[i] = value(i);
    std::ranges::nth_element(sorted, sorted.begin() + static_cast<std::ptrdiff_t>(count / 2));
    return sorted[count / 2];
}

}  // namespace

Result<Contest> Contest::create(const Program& program) {
    Contest contest;
    contest.ways_[native] = make_native(program);
    for (const auto& [way, safety] :
         {std::pair{interpreter, Safety::unsafe}, std::pair{checked, Safety::checked}}) {
        auto interpreted = make_interpreted(program, safety);
        if (!interpreted) return std::unexpected(interpreted.error());
        contest.ways_[way] = std::move(*interpreted);
    }
    for (std::uint32_t seed = 1; seed <= input_count; ++seed)
        contest.inputs_.push_back(make_input(program.input, program.input_size, seed));
    for (const Bytes& input : contest.inputs_)
        if (auto same = contest.compare(input); !same) return std::unexpected(same.error());
    if (auto done = contest.calibrate(); !done) return std::unexpected(done.error());
    return contest;
}

Result<void> Contest::compare(const Bytes& input) {
    const auto expected = ways_[native]->run(input, 1);
    for (const Way way : {interpreter, checked}) {
        const auto sample = ways_[way]->run(input, 1);
        if (!sample) return std::unexpected(sample.error().in(way_names[way]));
        if (sample->result != expected->result)
            return fail(fmt::format("{} gives {:#x}, native code {:#x}", way_names[way],
                                    sample->result, expected->result));
    }
    return {};
}

Result<void> Contest::calibrate() {
    for (std::size_t way = 0; way < way_count; ++way) {
        const auto sample = ways_[way]->run(inputs_.front(), 10);
        if (!sample) return std::unexpected(sample.error());
        repeat_[way] = static_cast<std::uint32_t>(std::clamp(sample_ns / sample->ns, 1.0, 1e6));
    }
    return {};
}

Result<double> Contest::round() {
    std::array<double, way_count> ns{};
    const Bytes& input = inputs_[rounds_.size() % inputs_.size()];
    for (std::size_t i = 0; i < way_count; ++i) {
        const std::size_t way = (rounds_.size() + i) % way_count;
        const auto sample = ways_[way]->run(input, repeat_[way]);
        if (!sample) return std::unexpected(sample.error());
        ns[way] = sample->ns;
    }
    rounds_.push_back(ns);
    return ns[interpreter] / 1e9;
}

Measurement Contest::measurement() const {
    Measurement all;
    for (std::size_t way = 0; way < way_count; ++way) {
        all.ns[way] = median(rounds_.size(), [&](std::size_t i) { return rounds_[i][way]; });
        all.ratio[way] = median(
            rounds_.size(), [&](std::size_t i) { return rounds_[i][way] / rounds_[i][native]; });
    }
    return all;
}

}  // namespace bpftwin::bench
