// What machine code calls besides helpers: functions of the same shape.
#pragma once

#include <cstdint>

#include "helpers/implementation.h"

namespace bpftwin::jit {

/// `callx` through `State::callx`: a function of the program or the number of a helper.
std::uint64_t call_by_register(Runtime& runtime, std::uint64_t r1, std::uint64_t r2,
                               std::uint64_t r3, std::uint64_t r4, std::uint64_t r5);

/// The call of a helper or kernel function at `State::site`, through the run's `Interceptor`.
std::uint64_t intercepted_call(Runtime& runtime, std::uint64_t r1, std::uint64_t r2,
                               std::uint64_t r3, std::uint64_t r4, std::uint64_t r5);

/// bpf_tail_call(r1, r2, r3). @return address of the code to go to, or 0 to go on.
std::uint64_t tail_call_target(Runtime& runtime, std::uint64_t context, std::uint64_t map,
                               std::uint64_t index, std::uint64_t, std::uint64_t);

/// Legacy packet load of `bytes` at `offset`. @return the value, or `no_packet_load` outside the
/// packet, which ends the program with 0.
inline constexpr std::uint64_t no_packet_load = ~std::uint64_t{0};
std::uint64_t load_packet(Runtime& runtime, std::uint64_t offset, std::uint64_t bytes,
                          std::uint64_t, std::uint64_t, std::uint64_t);

}  // namespace bpftwin::jit
