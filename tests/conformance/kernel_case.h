// A case of the suite in the form that a kernel takes.
#pragma once

#include "bpftwin/engine.h"
#include "tests/conformance/data_file.h"

namespace bpftwin::conformance {

/// An XDP program that calls the case's instructions as a function of the packet's address and
/// size, which is what the suite asks for, and puts all 64 bits of r0 into a map.
ObjectSpec verified_object_of(const DataFile& file);

/// Runs it. @return r0, or an Error where the engine does not take it.
Result<std::uint64_t> run_verified(Engine& engine, const DataFile& file);

}  // namespace bpftwin::conformance
