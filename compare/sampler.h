// Times things against each other: calibrated, interleaved samples whose ratios belong together.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <vector>

#include "bpftwin/engine.h"

namespace bpftwin::compare {

/// Something to be timed: does it `repeat` times and tells how many nanoseconds all of them took.
/// `round` lets it choose among several inputs; what is compared uses the same in the same round.
using Timed = std::function<Result<double>(std::size_t round, std::uint32_t repeat)>;

/// Runs the program `input.repeat` = `repeat` times. @return the nanoseconds of all; an Error where
/// it cannot run or traps.
Result<double> time_runs(Instance& instance, std::string_view program, RunInput& input,
                         std::uint32_t repeat);

/// Median and quartiles of many values.
struct Summary {
    double median = 0;
    double lower = 0;  ///< First quartile.
    double upper = 0;  ///< Third quartile.

    /// Distance of the quartiles, relative to the median.
    [[nodiscard]] double spread() const { return median == 0 ? 0 : (upper - lower) / median; }
};

/// @param values at least one.
Summary summarize(std::vector<double> values);

/// What the samples of one thing say.
struct Measurement {
    Summary ns;                ///< Once; over all samples.
    Summary ratio;             ///< To the first thing, round by round.
    std::uint32_t repeat = 1;  ///< Times per sample.

    /// Time of one whole sample.
    [[nodiscard]] double sample_ns() const { return ns.median * repeat; }
};

/// How long to sample.
struct Effort {
    std::uint32_t rounds = 0;  ///< 0: for `seconds`.
    double seconds = 1;        ///< But at least `least_rounds`.

    static constexpr std::uint32_t least_rounds = 5;
};

/// Takes rounds of samples. A round takes one sample of each thing, one right after the other, in
/// rotating order, so that what disturbs the machine disturbs them alike. A short sample during
/// which the system gave the CPU to somebody else is taken again, a few times at most.
class Sampler {
public:
    /// @param sample_ns how long one sample should take.
    explicit Sampler(std::vector<Timed> things, double sample_ns = 1e6);

    /// Chooses how often each thing is repeated in a sample, which also warms it up.
    Result<void> calibrate();
    Result<void> round();
    /// Calibrates and takes rounds. @param go_on is told the share that is done, 0 to 1, after each
    /// round; false ends sampling early.
    Result<void> run(const Effort& effort, const std::function<bool(double)>& go_on = {});

    [[nodiscard]] std::size_t rounds() const { return rounds_.size(); }
    /// In the order of the things. After at least one round.
    [[nodiscard]] std::vector<Measurement> measurements() const;

private:
    Result<std::uint32_t> repeat_for(std::size_t thing) const;
    Result<double> sample(std::size_t thing, std::uint32_t repeat) const;

    std::vector<Timed> things_;
    double sample_ns_;
    std::vector<std::uint32_t> repeat_;
    std::vector<std::vector<double>> rounds_;  ///< Nanoseconds of doing each thing once.
};

}  // namespace bpftwin::compare
