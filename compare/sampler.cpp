#include "compare/sampler.h"

#include "compare/timing.h"

#include <algorithm>
#include <chrono>
#include <cmath>

namespace bpftwin::compare {
namespace {

constexpr std::uint32_t most_repeats = 1u << 24;

/// The value below which that share of the sorted values lies.
double quantile(const std::vector<double>& sorted, double share) {
    const double at = share * static_cast<double>(sorted.size() - 1);
    const auto below = static_cast<std::size_t>(at);
    const std::size_t above = std::min(below + 1, sorted.size() - 1);
    return std::lerp(sorted[below], sorted[above], at - std::floor(at));
}

double seconds_since(std::chrono::steady_clock::time_point begin) {
    return std::chrono::duration<double>(std::chrono::steady_clock::now() - begin).count();
}

}  // namespace

Result<double> time_runs(Instance& instance, std::string_view program, RunInput& input,
                         std::uint32_t repeat) {
    input.repeat = repeat;
    const auto result = instance.run(program, input);
    if (!result) return std::unexpected(result.error());
    if (result->trap) return fail(result->trap->describe());
    return static_cast<double>(result->duration_ns);
}

Summary summarize(std::vector<double> values) {
    std::ranges::sort(values);
    return {quantile(values, 0.5), quantile(values, 0.25), quantile(values, 0.75)};
}

Sampler::Sampler(std::vector<Timed> things, double sample_ns)
    : things_(std::move(things)), sample_ns_(sample_ns), repeat_(things_.size(), 1) {}

Result<double> Sampler::sample(std::size_t thing, std::uint32_t repeat) const {
    constexpr int most_tries = 5;
    constexpr double short_ns = 20e6;  // Longer ones hardly ever have the CPU to themselves.
    Result<double> ns = 0;
    for (int i = 0; i < most_tries; ++i) {
        const long before = preemptions();
        ns = things_[thing](rounds_.size(), repeat);
        if (!ns || *ns > short_ns || preemptions() == before) break;
    }
    return ns;
}

// The time of few repetitions says little: they are doubled until they fill half a sample, twice in
// a row, lest a disturbance be taken for that.
Result<std::uint32_t> Sampler::repeat_for(std::size_t thing) const {
    std::uint32_t repeat = 1;
    double ns = 0;
    while (true) {
        const auto one = sample(thing, repeat);
        if (!one) return std::unexpected(one.error());
        const auto other = sample(thing, repeat);
        if (!other) return std::unexpected(other.error());
        ns = std::min(*one, *other);
        if (ns >= sample_ns_ / 2 || repeat >= most_repeats) break;
        repeat *= 2;
    }
    const double wanted = std::round(sample_ns_ / std::max(ns, 1.0) * repeat);
    return static_cast<std::uint32_t>(std::clamp<double>(wanted, 1, most_repeats));
}

Result<void> Sampler::calibrate() {
    for (std::size_t i = 0; i < things_.size(); ++i) {
        const auto repeat = repeat_for(i);
        if (!repeat) return std::unexpected(repeat.error());
        repeat_[i] = *repeat;
    }
    return {};
}

Result<void> Sampler::round() {
    std::vector<double> ns(things_.size());
    for (std::size_t i = 0; i < things_.size(); ++i) {
        const std::size_t thing = (rounds_.size() + i) % things_.size();
        const auto taken = sample(thing, repeat_[thing]);
        if (!taken) return std::unexpected(taken.error());
        ns[thing] = *taken / repeat_[thing];
    }
    rounds_.push_back(std::move(ns));
    return {};
}

Result<void> Sampler::run(const Effort& effort, const std::function<bool(double)>& go_on) {
    if (auto done = calibrate(); !done) return done;
    const auto begin = std::chrono::steady_clock::now();
    for (double share = 0; share < 1;) {
        if (auto done = round(); !done) return done;
        const auto taken = static_cast<double>(rounds_.size());
        share = effort.rounds != 0
                    ? taken / effort.rounds
                    : std::min(seconds_since(begin) / effort.seconds, taken / Effort::least_rounds);
        if (go_on && !go_on(std::min(share, 1.0))) break;
    }
    return {};
}

std::vector<Measurement> Sampler::measurements() const {
    std::vector<Measurement> all;
    for (std::size_t thing = 0; thing < things_.size(); ++thing) {
        std::vector<double> ns;
        std::vector<double> ratio;
        for (const auto& round : rounds_) {
            ns.push_back(round[thing]);
            ratio.push_back(round[thing] / round[0]);
        }
        all.push_back({summarize(std::move(ns)), summarize(std::move(ratio)), repeat_[thing]});
    }
    return all;
}

}  // namespace bpftwin::compare
