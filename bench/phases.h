// What is measured, phase by phase: loading, compiling and running a program of the suite, and how
// compile time grows with size. Every phase checks before it measures.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "bench/program.h"
#include "compare/engines.h"
#include "compare/sampler.h"

namespace bpftwin::bench {

/// Who is measured and how long.
struct Plan {
    std::vector<compare::Contender> engines;
    EngineOptions options;
    bool quick = false;
};

/// Rounds that the run phase takes of each program.
constexpr std::uint32_t rounds(bool quick) { return quick ? 150 : 1000; }

/// Run: native code and every engine on the same inputs.
struct RunRow {
    std::string_view program;
    compare::Measurement native;
    std::vector<compare::Measurement> engines;  ///< Ratios are to native code.
};
/// @return an Error where an engine cannot run the program or gives another result than native
/// code.
Result<RunRow> measure_run(const Program& program, const Plan& plan);

/// What one engine took to compile a program.
struct Compiled {
    double compile_ns = 0;      ///< `CodeInfo::compile_ns`: from instructions to code.
    double instantiate_ns = 0;  ///< The whole of `Engine::instantiate`: maps and all programs.
    std::size_t code_bytes = 0;
};

/// The JIT against a kernel's, on the program in the form that the kernel's verifier takes.
struct KernelRow {
    std::string_view program;
    compare::Measurement kernel;
    compare::Measurement jit;  ///< Its ratio is to the kernel.
    std::string refusal;       ///< Why the kernel does not take the program; nothing was measured.
};
/// @param kernel, jit the engines.
/// @return an Error where one of them cannot run the program or gives another result than native
/// code.
Result<KernelRow> measure_kernel(const Program& program, Engine& kernel, Engine& jit, bool quick);

/// Operations on maps, the JIT against a kernel's, in one object for both (bench/maps.bpf.c).
struct MapBench {
    std::string_view program;  ///< What is done.
    std::uint32_t entries;     ///< How many the map holds, and keys are picked from.
};
std::vector<MapBench> map_benches();
inline constexpr std::uint32_t map_rounds = 2048;  ///< Operations of one run of a program.

struct MapRow {
    std::string_view program;
    std::uint32_t entries = 0;
    compare::Measurement kernel;  ///< Of one operation.
    compare::Measurement jit;     ///< Its ratio is to the kernel.
    double kernel_scaling = 0;    ///< How much more two threads on one map get done than one.
    double jit_scaling = 0;
};
/// @return an Error where an operation does not do what it should in one of them.
Result<MapRow> measure_map(const MapBench& bench, Engine& kernel, Engine& jit, bool quick);
/// What the ratios to the kernel are meant not to exceed: the geometric mean, and each.
inline constexpr double maps_geomean_bar = 1.0;
inline constexpr double maps_worst_bar = 1.5;

/// Load and compile: from the bytes of an object to something that runs.
struct CompileRow {
    std::string_view program;
    std::size_t elf_bytes = 0;
    std::size_t insns = 0;  ///< Slots of 8 bytes.
    double load_ns = 0;     ///< `load_elf`.
    std::vector<Compiled> engines;
};
Result<CompileRow> measure_compile(const Program& program, const Plan& plan);

/// Compiling a synthetic program.
struct SizeRow {
    std::size_t insns = 0;
    std::vector<Compiled> engines;
};
/// @return an Error where an engine cannot run the program or gives another result than the first.
Result<SizeRow> measure_size(std::size_t insns, const Plan& plan);

/// Types: from the bytes of a kernel's BTF to parsed and validated types, beside libbpf's btf__new,
/// which validates less.
struct BtfRow {
    std::string path;
    std::size_t bytes = 0;
    std::uint32_t types = 0;
    compare::Measurement ours;
    std::optional<compare::Measurement> libbpf;  ///< Nothing where it is not installed.
};
/// @return an Error where the file cannot be read, or libbpf finds other types in it.
Result<BtfRow> measure_btf(const std::string& path, bool quick);
/// What it is meant not to exceed, for the 5 MB of a kernel.
inline constexpr double btf_bar_ns = 15e6;

/// Sizes at which compile time is measured.
std::span<const std::size_t> sizes();

/// What compile time is meant not to exceed: all of a small program, and an instruction of a
/// larger one.
inline constexpr std::size_t small_program = 1000;  ///< Below that many instructions.
inline constexpr double small_program_bar_ns = 30'000;
inline constexpr double insn_bar_ns = 150;

}  // namespace bpftwin::bench
