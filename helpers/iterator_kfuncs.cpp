// Open-coded iterators over numbers and bits (kernel/bpf/bpf_iter.c bpf_iter_num_*,
// kernel/bpf/helpers.c bpf_iter_bits_*). Their state is in the iterator on the program's stack,
// laid out as the kernel has it where a program could look at it.
#include <bit>
#include <cerrno>
#include <cstring>

#include "helpers/iterator_state.h"
#include "helpers/kfunc_calls.h"
#include "vm/runtime.h"

namespace bpftwin::kfuncs {
namespace {

/// struct bpf_iter_num_kern: the number that was given last, and where to end.
struct Numbers {
    std::int32_t current;
    std::int32_t end;
};

/// struct bpf_iter_bits_kern: of up to 64 bits the word itself, else the address of a copy. Here
/// the words are read again each time; `address` is that of the program.
struct Bits {
    std::uint64_t address_or_word;
    std::int32_t count;
    std::int32_t bit;
};

constexpr std::int32_t bits_per_word = 64;
constexpr std::uint32_t most_words = 511;  // BITS_ITER_NR_WORDS_MAX.

}  // namespace

int bpf_iter_num_new(Runtime& runtime, void* iterator, std::int32_t start, std::int32_t end) {
    constexpr std::int64_t most = 8 * 1024 * 1024;  // BPF_MAX_LOOPS.
    auto* state = iterator_state<Numbers>(runtime, iterator);
    if (!state) return 0;
    *state = {};
    if (start > end) return -EINVAL;
    if (std::int64_t{end} - start > most) return -E2BIG;
    // One below the start, which may not be a number of 32 bits: it wraps, and wraps back.
    *state = {static_cast<std::int32_t>(static_cast<std::uint32_t>(start) - 1), end};
    return 0;
}

void* bpf_iter_num_next(Runtime& runtime, void* iterator) {
    auto* state = iterator_state<Numbers>(runtime, iterator);
    if (!state) return nullptr;
    const auto next = static_cast<std::int32_t>(static_cast<std::uint32_t>(state->current) + 1);
    if (next >= state->end) {
        *state = {};
        return nullptr;
    }
    state->current = next;
    return &state->current;
}

void bpf_iter_num_destroy(Runtime& runtime, void* iterator) {
    if (auto* state = iterator_state<Numbers>(runtime, iterator)) *state = {};
}

int bpf_iter_bits_new(Runtime& runtime, void* iterator, std::uint64_t bits, std::uint32_t words) {
    auto* state = iterator_state<Bits>(runtime, iterator);
    if (!state) return 0;
    *state = {};
    if (bits == 0 || words == 0) return -EINVAL;
    if (words > most_words) return -E2BIG;
    Bits next{bits, static_cast<std::int32_t>(words) * bits_per_word, -1};
    if (words == 1) {
        if (!runtime.probe_read(&next.address_or_word, bits, sizeof bits)) return -EFAULT;
    } else {
        std::uint64_t last = 0;
        if (!runtime.probe_read(&last, bits + (words - 1) * sizeof last, sizeof last) ||
            !runtime.probe_read(&last, bits, sizeof last))
            return -EFAULT;
    }
    *state = next;
    return 0;
}

void* bpf_iter_bits_next(Runtime& runtime, void* iterator) {
    auto* state = iterator_state<Bits>(runtime, iterator);
    if (!state || state->count == 0) return nullptr;
    for (std::int32_t bit = state->bit + 1; bit < state->count; ++bit) {
        std::uint64_t word = state->address_or_word;
        const auto place = static_cast<std::uint64_t>(bit / bits_per_word) * sizeof word;
        if (state->count > bits_per_word &&
            !runtime.probe_read(&word, state->address_or_word + place, sizeof word))
            break;
        const std::uint64_t rest = word >> (bit % bits_per_word);
        if (rest == 0) {
            bit = (bit / bits_per_word + 1) * bits_per_word - 1;
            continue;
        }
        state->bit = bit + std::countr_zero(rest);
        return &state->bit;
    }
    state->count = 0;
    return nullptr;
}

void bpf_iter_bits_destroy(Runtime& runtime, void* iterator) {
    if (auto* state = iterator_state<Bits>(runtime, iterator)) *state = {};
}

}  // namespace bpftwin::kfuncs
