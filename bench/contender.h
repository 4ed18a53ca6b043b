// The ways in which a benchmark program is run: natively and by an engine, behind one interface.
#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <string_view>

#include "bench/input.h"
#include "bpftwin/engine.h"

namespace bpftwin::bench {

/// A program of the suite, as programs.def lists it.
struct Program {
    std::string_view name;
    InputKind input;
    std::size_t input_size;  ///< Bytes.
    std::uint64_t (*native)(const std::uint8_t* data, std::uint64_t size);
};

std::span<const Program> programs();

/// What running a program some times in a row gave.
struct Sample {
    std::uint64_t result = 0;  ///< Of the last run.
    double ns = 0;             ///< Wall time per run.
};

/// One program, ready to run in one way.
class Contender {
public:
    virtual ~Contender() = default;
    virtual Result<Sample> run(const Bytes& input, std::uint32_t repeat) = 0;
};

std::unique_ptr<Contender> make_native(const Program& program);
/// The interpreter on the program's BPF object.
Result<std::unique_ptr<Contender>> make_interpreted(const Program& program, Safety safety);

}  // namespace bpftwin::bench
