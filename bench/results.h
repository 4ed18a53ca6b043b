// Everything that one run of the suite found.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "bench/machine.h"
#include "bench/phases.h"

namespace bpftwin::bench {

struct Failure {
    std::string what;  ///< A program or size.
    std::string reason;
};

struct Results {
    Machine machine;
    std::vector<std::string> engines;  ///< Columns of every row.
    bool quick = false;
    std::vector<RunRow> run;
    std::vector<KernelRow> kernel;
    std::string no_kernel;  ///< Why `kernel` and `maps` are empty although they were asked for.
    std::vector<MapRow> maps;
    std::vector<CompileRow> compile;
    std::vector<SizeRow> size;
    std::vector<BtfRow> btf;
    std::vector<Failure> failures;

    /// Geometric mean of the engine's ratios to native code over all programs.
    [[nodiscard]] double run_geomean(std::size_t engine) const;
    /// Geometric mean of the JIT's ratios to the kernel's over the programs that the kernel takes.
    [[nodiscard]] double kernel_geomean() const;
    /// Whether there is one.
    [[nodiscard]] bool has_kernel() const;
    /// Geometric mean of the JIT's ratios to the kernel's over operations on maps, and the largest.
    [[nodiscard]] double maps_geomean() const;
    [[nodiscard]] double maps_worst() const;
    /// The same of compile time per instruction, in nanoseconds.
    [[nodiscard]] double compile_geomean(std::size_t engine) const;
    /// The same of code bytes per byte of BPF.
    [[nodiscard]] double code_geomean(std::size_t engine) const;
    /// Most that compiling any program below `small_program` instructions took, in nanoseconds.
    [[nodiscard]] double slowest_small_compile(std::size_t engine) const;
    /// Most that an instruction took in any larger program.
    [[nodiscard]] double slowest_insn(std::size_t engine) const;
};

double per_insn(double ns, std::size_t insns);
/// Bytes of code per byte of BPF.
double code_ratio(std::size_t bytes, std::size_t insns);

}  // namespace bpftwin::bench
