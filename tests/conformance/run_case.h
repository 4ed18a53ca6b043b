// Runs one instruction stream on an engine the way the bpf_conformance suite asks: r1 is the
// address of the memory, r2 its size.
#pragma once

#include <cstdint>
#include <vector>

#include "bpftwin/engine.h"
#include "bpftwin/error.h"
#include "bpftwin/insn.h"

namespace bpftwin::conformance {

/// An object with the one program "main" of no particular type.
ObjectSpec object_of(std::vector<Insn> program);

/// Runs `program` of `object` with `memory` as the context, or as the packet of packet programs.
/// @return r0, or an Error that describes what stopped the program.
Result<std::uint64_t> run_on(Engine& engine, const EngineOptions& options, const ObjectSpec& object,
                             const ProgramSpec& program, const Bytes& memory);

}  // namespace bpftwin::conformance
