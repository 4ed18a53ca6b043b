// The programs of the suite: natively a function, for engines an object.
#pragma once

#include <cstdint>
#include <span>
#include <string_view>

#include "bench/input.h"
#include "bpftwin/spec.h"

namespace bpftwin::bench {

/// A program of the suite, as programs.def lists it.
struct Program {
    std::string_view name;
    InputKind input;
    std::size_t input_size;     ///< Bytes.
    std::size_t verified_size;  ///< The same where a kernel's verifier follows the loops over them.
    std::uint64_t (*native)(const std::uint8_t* data, std::uint64_t size);
};

std::span<const Program> programs();

/// The bytes of the program's ELF object.
Result<Bytes> elf_of(const Program& program);

/// The object as it is run: the input is the context, r1 its address and r2 its size.
Result<ObjectSpec> object_of(const Program& program, ByteView elf);

/// The same program as a kernel takes it: of type xdp, with its input in one map and its result in
/// another.
Result<ObjectSpec> verified_object_of(const Program& program);
inline constexpr std::string_view verified_input_map = ".data.input";
inline constexpr std::string_view verified_result_map = ".data.result";

/// Result of native code.
std::uint64_t run_native(const Program& program, const Bytes& input);

/// Nanoseconds that native code takes for `repeat` runs.
double time_native(const Program& program, const Bytes& input, std::uint32_t repeat);

}  // namespace bpftwin::bench
