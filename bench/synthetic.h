// Programs of any size, to see how compile time grows.
#pragma once

#include <cstddef>

#include "bpftwin/spec.h"

namespace bpftwin::bench {

/// The fewest instructions that `synthetic_object` makes a program of.
inline constexpr std::size_t least_insns = 10;

/// An object with one program, `synthetic`, of exactly that many instruction slots: arithmetic of
/// both widths, loads and stores on context and stack, short forward branches, 64-bit constants and
/// helper calls, in about the shares in which compiled programs have them. It runs to its end on a
/// context of at least 64 bytes, and the same size is always the same program.
ObjectSpec synthetic_object(std::size_t insns);

}  // namespace bpftwin::bench
