// Generators of the benchmark inputs. std::mt19937 is specified to the bit, so inputs are the same
// everywhere; the standard distributions are not, so they are not used.
#include "bench/input.h"

#include <algorithm>
#include <array>
#include <cstring>
#include <random>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "bench/programs/packet.h"

namespace bpftwin::bench {
namespace {

using Random = std::mt19937;
using Words = std::vector<std::uint32_t>;

std::uint32_t below(Random& random, std::uint32_t limit) {
    return static_cast<std::uint32_t>(random() % limit);
}

Bytes as_bytes(const void* from, std::size_t size) {
    Bytes bytes(size);
    std::memcpy(bytes.data(), from, size);
    return bytes;
}

Words random_words(Random& random, std::size_t size) {
    Words words(size / 4);
    std::ranges::generate(words, [&] { return static_cast<std::uint32_t>(random()); });
    return words;
}

Bytes random_bytes(Random& random, std::size_t size) {
    return as_bytes(random_words(random, size).data(), size);
}

Bytes sorted_words(Random& random, std::size_t size) {
    Words words = random_words(random, size);
    std::ranges::sort(words);
    return as_bytes(words.data(), size);
}

std::string token(Random& random) {
    static constexpr std::array<std::string_view, 8> words = {
        "packet", "map", "verifier", "tail", "return", "if", "ctx", "lookup_elem"};
    switch (below(random, 6)) {
        case 0: return std::to_string(below(random, 100000));
        case 1: return "\"" + std::string(words[below(random, words.size())]) + " \\n\"";
        default: return std::string(words[below(random, words.size())]);
    }
}

/// Half of the lines repeat the one before with a new end, so that comparing them takes a while.
Bytes text(Random& random, std::size_t size) {
    std::string all;
    std::string line;
    while (all.size() < size) {
        if (below(random, 2) == 0) line.clear();
        line.resize(line.size() - line.size() / 4);
        while (line.size() < 40) line += token(random) + " ";
        all += line + "\n";
    }
    return as_bytes(all.data(), size);
}

void put16(std::span<std::uint8_t> at, std::uint32_t value) {
    at[0] = static_cast<std::uint8_t>(value >> 8);
    at[1] = static_cast<std::uint8_t>(value);
}

std::uint8_t protocol(Random& random) {
    static constexpr std::array<std::uint8_t, 4> protocols = {6, 6, 17, 1};
    return protocols[below(random, protocols.size())];
}

void fill_ipv4(std::span<std::uint8_t> header, Random& random) {
    header[0] = static_cast<std::uint8_t>(0x45 + below(random, 3));
    header[9] = protocol(random);
}

void fill_ipv6(std::span<std::uint8_t> header, Random& random) {
    header[0] = 0x60;
    header[6] = protocol(random);
}

void fill_frame(std::span<std::uint8_t> frame, Random& random) {
    static constexpr std::array<std::uint16_t, 4> ether_types = {0x0800, 0x0800, 0x86dd, 0x0806};
    std::ranges::generate(frame, [&] { return static_cast<std::uint8_t>(random()); });
    const std::uint16_t type = ether_types[below(random, ether_types.size())];
    put16(frame.subspan(12), type);
    if (type == 0x86dd)
        fill_ipv6(frame.subspan(ETHERNET), random);
    else
        fill_ipv4(frame.subspan(ETHERNET), random);
}

Bytes packets(Random& random, std::size_t size) {
    std::vector<std::uint8_t> frames(size);
    for (std::size_t at = 0; at < size; at += PACKET)
        fill_frame(std::span(frames).subspan(at, PACKET), random);
    return as_bytes(frames.data(), size);
}

}  // namespace

Bytes make_input(InputKind kind, std::size_t size, std::uint32_t seed) {
    Random random(seed);
    switch (kind) {
        case InputKind::bytes: return random_bytes(random, size);
        case InputKind::sorted: return sorted_words(random, size);
        case InputKind::text: return text(random, size);
        case InputKind::packets: return packets(random, size);
    }
    bug("an input kind without a generator");
}

}  // namespace bpftwin::bench
