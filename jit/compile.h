// From lowered code to machine code of either target, on either host.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "bpftwin/error.h"
#include "jit/lowered.h"

namespace bpftwin::jit {

/// What code may use of a processor beyond its baseline.
struct CpuFeatures {
    bool bmi2 = false;   ///< x86-64: shifts and rotates of three operands.
    bool movbe = false;  ///< x86-64: loads that swap bytes.
    bool lse = false;    ///< arm64: atomic operations as single instructions.

    friend bool operator==(const CpuFeatures&, const CpuFeatures&) = default;
};

struct CompileOptions {
    CpuFeatures cpu;
    bool metered = true;          ///< Count `State::fuel`.
    bool listing = false;         ///< Fill `MachineCode::listing`.
    std::uint32_t site_base = 0;  ///< Number of the program's first instruction in `State::site`.
};

/// Where the code of an operation begins. It ends where the next one begins.
struct CodePlace {
    std::uint32_t offset;    ///< From the beginning of the code.
    std::uint32_t first_pc;  ///< First BPF instruction that it stands for.
    std::uint32_t pc;        ///< The one that a fault in it is attributed to.
    Access access;
};

/// Position-independent code of one program (or of the way into and out of all).
struct MachineCode {
    Bytes code;
    std::vector<CodePlace> places;                ///< Sorted by offset.
    std::vector<std::uint32_t> function_offsets;  ///< By function of the `LoweredProgram`.
    std::vector<std::string> listing;  ///< By place: assembler text, lines ending in '\n'.
};

/// A processor that code can be made for.
struct Target {
    std::string_view name;  ///< "x86_64", "arm64".
    /// The features of this host, or where it is of another kind those of a recent processor.
    CpuFeatures (*features)();
    Result<MachineCode> (*compile)(const LoweredProgram& program, const CompileOptions& options);
    /// The way in, at offset 0, a function `std::uint64_t (State*, const void* code)`, and the way
    /// out for traps (`State::exit`) as `function_offsets[1]`.
    Result<MachineCode> (*compile_entry)();
};

struct ProgramMaps;

/// The whole way from instructions to machine code: lower, find live registers, fold, emit.
/// @return an Error that begins with the program's name.
Result<MachineCode> compile_program(const ProgramSpec& program, const ProgramMaps& maps,
                                    const Target& target, const CompileOptions& options);

const Target& x86_64_target();
const Target& arm64_target();

/// The target of that name, or an Error that lists them.
Result<const Target*> target_named(std::string_view name);
/// The target of this host, or null where there is none.
const Target* host_target();

}  // namespace bpftwin::jit
