// Sets of CPUs (kernel/bpf/cpumask.c): bits in words, of as many CPUs as are possible.
#include <algorithm>
#include <bit>
#include <cerrno>
#include <cstring>
#include <optional>
#include <vector>

#include "fmt/format.h"
#include "helpers/kfunc_calls.h"
#include "helpers/object_heap.h"
#include "helpers/require.h"
#include "vm/runtime.h"

namespace bpftwin::kfuncs {
namespace {

constexpr std::uint32_t word_bits = 64;
using Words = std::vector<std::uint64_t>;

std::uint32_t cpus_of(Runtime& runtime) { return runtime.heap() ? runtime.heap()->cpu_count() : 0; }

std::size_t words_of(std::uint32_t cpus) { return (cpus + word_bits - 1) / word_bits; }

/// The last word's bits that stand for CPUs.
std::uint64_t last_bits(std::uint32_t cpus) {
    const std::uint32_t rest = cpus % word_bits;
    return rest == 0 ? ~std::uint64_t{0} : (std::uint64_t{1} << rest) - 1;
}

/// The CPUs of a set; nothing, with the program stopped, where there is none.
std::optional<Words> load(Runtime& runtime, std::uint64_t mask) {
    const std::uint32_t cpus = cpus_of(runtime);
    Words words(words_of(cpus));
    if (cpus == 0 || !runtime.probe_read(words.data(), mask, words.size() * sizeof words[0])) {
        refuse_argument(runtime, fmt::format("there is no set of CPUs at {:#x}", mask));
        return std::nullopt;
    }
    words.back() &= last_bits(cpus);
    return words;
}

void store(Runtime& runtime, std::uint64_t mask, const Words& words) {
    const std::uint64_t bytes = words.size() * sizeof words[0];
    if (runtime.memory().allows(mask, bytes, true))
        std::memcpy(reinterpret_cast<void*>(mask), words.data(), bytes);
    else
        refuse_argument(runtime, fmt::format("the set of CPUs at {:#x} is only read", mask));
}

/// Number of the first CPU that is in the set; of none the number of CPUs.
std::uint32_t first_of(Runtime& runtime, const Words& words) {
    for (std::uint32_t i = 0; i < words.size(); ++i)
        if (words[i] != 0)
            return i * word_bits + static_cast<std::uint32_t>(std::countr_zero(words[i]));
    return cpus_of(runtime);
}

/// Two sets word by word. @return nothing with the program stopped.
template <class Combine>
std::optional<Words> combined(Runtime& runtime, std::uint64_t left, std::uint64_t right,
                              Combine combine) {
    auto words = load(runtime, left);
    const auto others = words ? load(runtime, right) : std::nullopt;
    if (!others) return std::nullopt;
    for (std::size_t i = 0; i < words->size(); ++i)
        (*words)[i] = combine((*words)[i], (*others)[i]);
    return words;
}

constexpr auto both = [](std::uint64_t a, std::uint64_t b) { return a & b; };
constexpr auto either = [](std::uint64_t a, std::uint64_t b) { return a | b; };
constexpr auto one = [](std::uint64_t a, std::uint64_t b) { return a ^ b; };
constexpr auto only_first = [](std::uint64_t a, std::uint64_t b) { return a & ~b; };

bool is_empty(const Words& words) {
    return std::ranges::all_of(words, [](std::uint64_t word) { return word == 0; });
}

/// Sets or clears a CPU. @return whether it was in the set.
bool change(Runtime& runtime, std::uint32_t cpu, std::uint64_t mask, bool in) {
    if (cpu >= cpus_of(runtime)) return false;
    auto words = load(runtime, mask);
    if (!words) return false;
    std::uint64_t& word = (*words)[cpu / word_bits];
    const std::uint64_t bit = std::uint64_t{1} << (cpu % word_bits);
    const bool was = (word & bit) != 0;
    word = in ? word | bit : word & ~bit;
    store(runtime, mask, *words);
    return was;
}

}  // namespace

std::uint64_t bpf_cpumask_create(Runtime& runtime) {
    return runtime.heap() ? runtime.heap()->make(runtime.heap()->mask_kind()) : 0;
}

std::uint64_t bpf_cpumask_acquire(Runtime& runtime, std::uint64_t mask) {
    if (runtime.heap() && runtime.heap()->acquire(mask)) return mask;
    refuse_argument(runtime, fmt::format("there is no set of CPUs at {:#x}", mask));
    return 0;
}

void bpf_cpumask_release(Runtime& runtime, std::uint64_t mask) {
    if (!runtime.heap() || !runtime.heap()->drop(mask))
        refuse_argument(runtime, fmt::format("there is no set of CPUs at {:#x}", mask));
}

std::uint32_t bpf_cpumask_first(Runtime& runtime, std::uint64_t mask) {
    const auto words = load(runtime, mask);
    return words ? first_of(runtime, *words) : 0;
}

std::uint32_t bpf_cpumask_first_zero(Runtime& runtime, std::uint64_t mask) {
    auto words = load(runtime, mask);
    if (!words) return 0;
    for (std::uint64_t& word : *words) word = ~word;
    words->back() &= last_bits(cpus_of(runtime));
    return first_of(runtime, *words);
}

std::uint32_t bpf_cpumask_first_and(Runtime& runtime, std::uint64_t left, std::uint64_t right) {
    const auto words = combined(runtime, left, right, both);
    return words ? first_of(runtime, *words) : 0;
}

void bpf_cpumask_set_cpu(Runtime& runtime, std::uint32_t cpu, std::uint64_t mask) {
    change(runtime, cpu, mask, true);
}

void bpf_cpumask_clear_cpu(Runtime& runtime, std::uint32_t cpu, std::uint64_t mask) {
    change(runtime, cpu, mask, false);
}

bool bpf_cpumask_test_cpu(Runtime& runtime, std::uint32_t cpu, std::uint64_t mask) {
    if (cpu >= cpus_of(runtime)) return false;
    const auto words = load(runtime, mask);
    return words && ((*words)[cpu / word_bits] >> (cpu % word_bits) & 1) != 0;
}

bool bpf_cpumask_test_and_set_cpu(Runtime& runtime, std::uint32_t cpu, std::uint64_t mask) {
    return change(runtime, cpu, mask, true);
}

bool bpf_cpumask_test_and_clear_cpu(Runtime& runtime, std::uint32_t cpu, std::uint64_t mask) {
    return change(runtime, cpu, mask, false);
}

void bpf_cpumask_setall(Runtime& runtime, std::uint64_t mask) {
    auto words = load(runtime, mask);
    if (!words) return;
    std::ranges::fill(*words, ~std::uint64_t{0});
    words->back() = last_bits(cpus_of(runtime));
    store(runtime, mask, *words);
}

void bpf_cpumask_clear(Runtime& runtime, std::uint64_t mask) {
    if (const auto words = load(runtime, mask)) store(runtime, mask, Words(words->size()));
}

bool bpf_cpumask_and(Runtime& runtime, std::uint64_t to, std::uint64_t left, std::uint64_t right) {
    const auto words = combined(runtime, left, right, both);
    if (words) store(runtime, to, *words);
    return words && !is_empty(*words);
}

void bpf_cpumask_or(Runtime& runtime, std::uint64_t to, std::uint64_t left, std::uint64_t right) {
    if (const auto words = combined(runtime, left, right, either)) store(runtime, to, *words);
}

void bpf_cpumask_xor(Runtime& runtime, std::uint64_t to, std::uint64_t left, std::uint64_t right) {
    if (const auto words = combined(runtime, left, right, one)) store(runtime, to, *words);
}

bool bpf_cpumask_equal(Runtime& runtime, std::uint64_t left, std::uint64_t right) {
    const auto words = combined(runtime, left, right, one);
    return words && is_empty(*words);
}

bool bpf_cpumask_intersects(Runtime& runtime, std::uint64_t left, std::uint64_t right) {
    const auto words = combined(runtime, left, right, both);
    return words && !is_empty(*words);
}

bool bpf_cpumask_subset(Runtime& runtime, std::uint64_t left, std::uint64_t right) {
    const auto words = combined(runtime, left, right, only_first);
    return words && is_empty(*words);
}

bool bpf_cpumask_empty(Runtime& runtime, std::uint64_t mask) {
    const auto words = load(runtime, mask);
    return words && is_empty(*words);
}

bool bpf_cpumask_full(Runtime& runtime, std::uint64_t mask) {
    return bpf_cpumask_first_zero(runtime, mask) == cpus_of(runtime);
}

void bpf_cpumask_copy(Runtime& runtime, std::uint64_t to, std::uint64_t from) {
    if (const auto words = load(runtime, from)) store(runtime, to, *words);
}

std::uint32_t bpf_cpumask_any_distribute(Runtime& runtime, std::uint64_t mask) {
    return bpf_cpumask_first(runtime, mask);
}

std::uint32_t bpf_cpumask_any_and_distribute(Runtime& runtime, std::uint64_t left,
                                             std::uint64_t right) {
    return bpf_cpumask_first_and(runtime, left, right);
}

std::uint32_t bpf_cpumask_weight(Runtime& runtime, std::uint64_t mask) {
    std::uint32_t count = 0;
    for (const std::uint64_t word : load(runtime, mask).value_or(Words()))
        count += static_cast<std::uint32_t>(std::popcount(word));
    return count;
}

int bpf_cpumask_populate(Runtime& runtime, std::uint64_t mask, std::uint64_t from,
                         std::uint64_t size) {
    if (size < words_of(cpus_of(runtime)) * sizeof(std::uint64_t)) return -EACCES;
    if (const auto words = load(runtime, from)) store(runtime, mask, *words);
    return 0;
}

}  // namespace bpftwin::kfuncs
