// Helper implementations as the engines call them: one function per row of helpers/helpers.def that
// runs here. What they do is declared in helpers/calls.h.
#pragma once

#include <cstddef>
#include <cstdint>

namespace bpftwin {

class Map;
class Runtime;

/// A helper as the engines call it: r1 to r5 in, r0 out.
using HelperFunction = std::uint64_t (*)(Runtime&, std::uint64_t, std::uint64_t, std::uint64_t,
                                         std::uint64_t, std::uint64_t);

/// The implementation of helper `id`, or null. `tail_call` has none: it is the engine's own.
HelperFunction helper_function(std::uint32_t id);

/// What bpf_map_lookup_elem does with that map, without asking for its type on each call (the
/// direct calls that map_gen_lookup's caller makes in kernel/bpf/verifier.c). Null for types that
/// have no such function.
HelperFunction lookup_function(const Map& map);

/// Discards the ring buffer records that the program reserved and neither submitted nor discarded.
/// @return how many there were; the verifier accepts no program that leaves any.
std::size_t discard_reservations(Runtime& runtime);

}  // namespace bpftwin
