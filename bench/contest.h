// One program measured in all ways, in pairs: every round takes a sample of each way on the same
// input, one right after the other, so that what disturbs the machine disturbs them alike.
#pragma once

#include <array>
#include <cstdint>
#include <memory>
#include <string_view>
#include <vector>

#include "bench/contender.h"

namespace bpftwin::bench {

enum Way : std::uint8_t { native, interpreter, checked };
inline constexpr std::size_t way_count = 3;

/// Medians over all rounds.
struct Measurement {
    std::array<double, way_count> ns{};     ///< Per run of the program.
    std::array<double, way_count> ratio{};  ///< To native, of each round.
};

class Contest {
public:
    /// Prepares every way and compares their results on every input.
    /// @return an Error when a way cannot run the program or gives another result.
    static Result<Contest> create(const Program& program);

    /// Takes one sample of each way. @return the interpreter's time in seconds per run.
    Result<double> round();
    [[nodiscard]] Measurement measurement() const;

private:
    Contest() = default;
    Result<void> compare(const Bytes& input);
    Result<void> calibrate();

    std::array<std::unique_ptr<Contender>, way_count> ways_;
    std::array<std::uint32_t, way_count> repeat_{};
    std::vector<Bytes> inputs_;
    std::vector<std::array<double, way_count>> rounds_;  ///< Nanoseconds per run.
};

}  // namespace bpftwin::bench
