// What a program needs from outside itself before an engine can run it: its constants resolved.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "bpftwin/error.h"
#include "bpftwin/spec.h"
#include "isa/op.h"
#include "vm/object_memory.h"

namespace bpftwin {

/// Addresses that `lddw` constants stand for: of a map of the object, and of the values that
/// `pseudo::map_value` points into (0: the map has none).
struct MapAddress {
    std::uint64_t map = 0;
    std::uint64_t values = 0;
};

/// An Error if the program refers to externs that were not resolved, or not found.
Result<void> check_externs(const ProgramSpec& program);

/// The kernel function that a call of one calls; empty where the object does not name it.
std::string_view kfunc_name(const ProgramSpec& program, std::uint32_t insn);
/// All kernel functions that the object's programs call.
std::vector<std::string> kfuncs_of(const ObjectSpec& object);

/// A place in a kernel.
struct KernelPlace {
    std::string_view symbol;
    std::uint64_t offset;  ///< Bytes.
};

/// The symbol of the kernel to which the program refers and that is at the address.
std::optional<KernelPlace> kernel_symbol_at(const ProgramSpec& program, std::uint64_t address);

/// The rows of a program that can run in user space, by instruction slot (second slots of `lddw`
/// repeat the first).
/// @return an Error for a program without instructions, an invalid one, or a reference that needs a
/// kernel to be resolved.
Result<std::vector<Op>> decode_runnable(const ProgramSpec& program);

/// The constant that an `lddw` other than `lddw_func` stands for at run time.
/// @param slots both of its slots.
/// @return an Error for a map that does not exist or has no values to point to, and for what needs
/// a kernel.
Result<std::uint64_t> constant_of(Op op, std::span<const Insn> slots,
                                  std::span<const MapAddress> maps);

}  // namespace bpftwin
