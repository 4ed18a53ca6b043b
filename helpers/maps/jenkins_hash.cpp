#include "helpers/maps/jenkins_hash.h"

#include <array>
#include <bit>
#include <cstring>

namespace bpftwin {
namespace {

using State = std::array<std::uint32_t, 3>;

constexpr std::size_t block = sizeof(State);

void mix(State& s) {
    constexpr int turns[] = {4, 6, 8, 16, 19, 4};
    for (std::size_t i = 0; i < 6; ++i) {
        std::uint32_t& changed = s[i % 3];
        std::uint32_t& other = s[(i + 2) % 3];
        changed -= other;
        changed ^= std::rotl(other, turns[i]);
        other += s[(i + 1) % 3];
    }
}

void finish(State& s) {
    constexpr int turns[] = {14, 11, 25, 16, 4, 14, 24};
    for (std::size_t i = 0; i < 7; ++i) {
        std::uint32_t& changed = s[(i + 2) % 3];
        const std::uint32_t other = s[(i + 1) % 3];
        changed ^= other;
        changed -= std::rotl(other, turns[i]);
    }
}

void add(State& s, const std::byte* bytes, std::size_t size) {
    State words{};
    std::memcpy(words.data(), bytes, size);
    for (std::size_t i = 0; i < words.size(); ++i) s[i] += words[i];
}

}  // namespace

std::uint32_t jenkins_hash(const void* bytes, std::size_t size, std::uint32_t seed) {
    const auto* at = static_cast<const std::byte*>(bytes);
    const std::uint32_t start = 0xdeadbeef + static_cast<std::uint32_t>(size) + seed;
    State state{start, start, start};
    for (; size > block; size -= block, at += block) {
        add(state, at, block);
        mix(state);
    }
    if (size == 0) return state[2];
    add(state, at, size);
    finish(state);
    return state[2];
}

}  // namespace bpftwin
