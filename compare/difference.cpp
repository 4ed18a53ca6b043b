#include "compare/difference.h"

#include <algorithm>
#include <string_view>

#include "fmt/format.h"

namespace bpftwin::compare {
namespace {

using Difference = std::optional<std::string>;

std::string_view trap_name(const std::optional<Trap>& trap) {
    return trap ? name_of(trap->kind) : "none";
}

Difference in_trap(const RunResult& expected, const RunResult& actual) {
    const auto want = trap_name(expected.trap);
    const auto is = trap_name(actual.trap);
    if (want == is) return std::nullopt;
    return fmt::format("trap: {}, expected {}", is, want);
}

Difference in_return(const RunResult& expected, const RunResult& actual) {
    if (expected.trap || expected.return_value == actual.return_value) return std::nullopt;
    return fmt::format("return value: {:#x}, expected {:#x}", actual.return_value,
                       expected.return_value);
}

Difference in_bytes(ByteView expected, ByteView actual) {
    if (expected.size() != actual.size())
        return fmt::format("{} bytes, expected {}", actual.size(), expected.size());
    const auto [want, is] = std::ranges::mismatch(expected, actual);
    if (want == expected.end()) return std::nullopt;
    return fmt::format("byte {} is {:#04x}, expected {:#04x}", want - expected.begin(),
                       static_cast<unsigned>(*is), static_cast<unsigned>(*want));
}

Difference named(std::string_view what, const Difference& difference) {
    if (!difference) return std::nullopt;
    return fmt::format("{}: {}", what, *difference);
}

Difference in_packet(const RunResult& expected, const RunResult& actual) {
    static const Bytes none;
    return named("packet", in_bytes(expected.packet.value_or(none), actual.packet.value_or(none)));
}

Difference in_context(const RunResult& expected, const RunResult& actual) {
    return named("context", in_bytes(expected.context, actual.context));
}

std::string redirect_text(const std::optional<Redirect>& redirect) {
    if (!redirect) return "none";
    return redirect->kind == Redirect::Kind::map
               ? fmt::format("to {}[{}]", redirect->map, redirect->key)
               : fmt::format("to device {}", redirect->ifindex);
}

Difference in_redirect(const RunResult& expected, const RunResult& actual) {
    if (expected.redirect == actual.redirect) return std::nullopt;
    return fmt::format("redirect: {}, expected {}", redirect_text(actual.redirect),
                       redirect_text(expected.redirect));
}

/// Compares lists in their order.
template <class T>
Difference in_list(std::string_view what, const std::vector<T>& expected,
                   const std::vector<T>& actual) {
    if (expected.size() != actual.size())
        return fmt::format("{}: {}, expected {}", what, actual.size(), expected.size());
    const auto [want, is] = std::ranges::mismatch(expected, actual);
    if (want == expected.end()) return std::nullopt;
    return fmt::format("{}: number {} differs", what, want - expected.begin());
}

Difference in_events(const RunResult& expected, const RunResult& actual) {
    return in_list("events", expected.events, actual.events);
}

Difference in_trace(const RunResult& expected, const RunResult& actual) {
    return in_list("trace lines", expected.trace, actual.trace);
}

std::vector<MapEntry> sorted(const MapContents& map) {
    auto entries = map.entries;
    std::ranges::stable_sort(entries, [](const MapEntry& a, const MapEntry& b) {
        return std::ranges::lexicographical_compare(a.key, b.key);
    });
    return entries;
}

Difference in_map(const MapContents& expected, const MapContents& actual) {
    return named("map " + expected.map, in_list("entries", sorted(expected), sorted(actual)));
}

Difference in_maps(const RunResult& expected, const RunResult& actual) {
    if (expected.maps.size() != actual.maps.size())
        return fmt::format("maps: {}, expected {}", actual.maps.size(), expected.maps.size());
    for (std::size_t i = 0; i < expected.maps.size(); ++i)
        if (auto found = in_map(expected.maps[i], actual.maps[i])) return found;
    return std::nullopt;
}

}  // namespace

Difference difference(const RunResult& expected, const RunResult& actual) {
    for (const auto compare :
         {in_trap, in_return, in_redirect, in_packet, in_context, in_events, in_trace, in_maps})
        if (auto found = compare(expected, actual)) return found;
    return std::nullopt;
}

}  // namespace bpftwin::compare
