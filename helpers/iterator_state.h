// The state of an open-coded iterator: memory on the program's stack, which a program that no
// verifier saw may have written to, so that nothing in it is taken for granted.
#pragma once

#include <cstdint>

#include "helpers/require.h"
#include "vm/runtime.h"

namespace bpftwin {

/// The iterator as what its kind keeps there; null, with the program stopped, where there is none.
template <class State>
State* iterator_state(Runtime& runtime, void* iterator) {
    if (runtime.memory().allows(reinterpret_cast<std::uint64_t>(iterator), sizeof(State), true))
        return static_cast<State*>(iterator);
    refuse_argument(runtime, "there is no iterator");
    return nullptr;
}

}  // namespace bpftwin
