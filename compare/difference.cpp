#include "compare/difference.h"

#include <algorithm>

#include "fmt/format.h"

namespace bpftwin::compare {
namespace {

std::string_view trap_name(const std::optional<Trap>& trap) {
    return trap ? name_of(trap->kind) : "none";
}

std::string redirect_text(const std::optional<Redirect>& redirect) {
    if (!redirect) return "none";
    return redirect->kind == Redirect::Kind::map
               ? fmt::format("to {}[{}]", redirect->map, redirect->key)
               : fmt::format("to device {}", redirect->ifindex);
}

ByteView bytes_of(const std::string& text) { return std::as_bytes(std::span(text)); }

std::vector<MapEntry> sorted(const MapContents& map) {
    auto entries = map.entries;
    std::ranges::stable_sort(entries, [](const MapEntry& a, const MapEntry& b) {
        return std::ranges::lexicographical_compare(a.key, b.key);
    });
    return entries;
}

bool holds_numbers_of_objects(MapType type) {
    return type == MapType::prog_array || type == MapType::array_of_maps ||
           type == MapType::hash_of_maps;
}

Bytes joined(std::span<const Bytes> values) {
    Bytes all;
    for (const Bytes& value : values) all.insert(all.end(), value.begin(), value.end());
    return all;
}

/// In the order of each map: which of two maps got a record first, no user space sees.
std::vector<const Event*> by_map(const std::vector<Event>& events) {
    std::vector<const Event*> sorted;
    for (const Event& event : events) sorted.push_back(&event);
    std::ranges::stable_sort(sorted, {}, &Event::map);
    return sorted;
}

/// What a record of that size takes in perf's ring behind its own length.
std::size_t padded_size(std::size_t size) {
    constexpr std::size_t length_size = sizeof(std::uint32_t);
    return (size + length_size + 7) / 8 * 8 - length_size;
}

Bytes extended(Bytes bytes, std::size_t size) {
    if (bytes.size() < size) bytes.resize(size);
    return bytes;
}

constexpr std::string_view varies = "depends on the clock, on random numbers or on who runs it";

/// Compares two results and keeps what it finds.
class Comparison {
public:
    Comparison(const RunResult& expected, const RunResult& actual, const RunResult* varied)
        : expected_(expected), actual_(actual), varied_(varied) {}

    std::vector<Finding> run() && {
        trap();
        return_value();
        redirect();
        bytes(Field::packet, value_or_none(expected_.packet), value_or_none(actual_.packet),
              varied_ ? std::optional(value_or_none(varied_->packet)) : std::nullopt);
        context();
        events();
        trace();
        maps();
        return std::move(findings_);
    }

private:
    static ByteView value_or_none(const std::optional<Bytes>& bytes) {
        return bytes ? ByteView(*bytes) : ByteView();
    }

    Finding& differ(Field field, std::string text) {
        return findings_.emplace_back(field, Agreement::different,
                                      fmt::format("{}: {}", name_of(field), text));
    }

    void leave_out(Field field, std::string_view why) {
        findings_.emplace_back(field, Agreement::not_comparable,
                               fmt::format("{}: {}", name_of(field), why));
    }

    /// Whether one of the two does not show the effect, which is noted then.
    bool is_unseen(Effect effect, Field field) {
        for (const RunResult* result : {&expected_, &actual_})
            for (const Unseen& unseen : result->unseen)
                if (unseen.effect == effect) return leave_out(field, unseen.reason), true;
        return false;
    }

    void trap() {
        const auto want = trap_name(expected_.trap);
        const auto is = trap_name(actual_.trap);
        if (want != is) differ(Field::trap, fmt::format("{}, expected {}", is, want));
    }

    void return_value() {
        if (expected_.trap || actual_.trap) return;
        const unsigned bits = std::min(expected_.return_bits, actual_.return_bits);
        const auto seen = [&](const RunResult& result) {
            return result.return_value << (64 - bits) >> (64 - bits);
        };
        if (varied_ && seen(*varied_) != seen(expected_))
            return leave_out(Field::return_value, varies);
        if (seen(expected_) != seen(actual_))
            differ(Field::return_value,
                   fmt::format("{:#x}, expected {:#x}", seen(actual_), seen(expected_)));
    }

    void redirect() {
        if (is_unseen(Effect::redirect, Field::redirect)) return;
        if (varied_ && (varied_->redirect != expected_.redirect ||
                        varied_->clones != expected_.clones || varied_->tunnel != expected_.tunnel))
            return leave_out(Field::redirect, varies);
        if (expected_.clones != actual_.clones)
            differ(Field::redirect, fmt::format("{} clones, expected {}, or others",
                                                actual_.clones.size(), expected_.clones.size()));
        if (expected_.tunnel != actual_.tunnel) differ(Field::redirect, "another tunnel");
        if (expected_.socket != actual_.socket)
            differ(Field::redirect, "other effects on sockets, messages or settings");
        if (expected_.redirect != actual_.redirect)
            differ(Field::redirect, fmt::format("{}, expected {}", redirect_text(actual_.redirect),
                                                redirect_text(expected_.redirect)));
    }

    void context() {
        Bytes expected = expected_.context, actual = actual_.context;
        std::optional<Bytes> other;
        if (varied_) other = varied_->context;
        for (const Bytes* mask : {&expected_.context_mask, &actual_.context_mask})
            for (Bytes* bytes : {&expected, &actual, other ? &*other : &expected})
                for (std::size_t i = 0; i < std::min(mask->size(), bytes->size()); ++i)
                    (*bytes)[i] &= (*mask)[i];
        bytes(Field::context, expected, actual, other);
    }

    /// @return false if a difference was noted.
    bool bytes(Field field, ByteView expected, ByteView actual, std::optional<ByteView> other,
               std::string_view where = "") {
        if (other && other->size() != expected.size())
            return leave_out(field, fmt::format("{}{}", where, varies)), true;
        std::optional<std::size_t> first;
        bool left_out = false;
        for (std::size_t i = 0; i < std::min(expected.size(), actual.size()); ++i) {
            const bool same_here = !other || (*other)[i] == expected[i];
            left_out |= !same_here;
            if (!first && same_here && expected[i] != actual[i]) first = i;
        }
        if (left_out) leave_out(field, fmt::format("{}a part {}", where, varies));
        if (expected.size() == actual.size() && !first) return true;
        std::string text =
            expected.size() != actual.size()
                ? fmt::format("{}{} bytes, expected {}", where, actual.size(), expected.size())
                : fmt::format("{}byte {} is {:#04x}, expected {:#04x}", where, *first,
                              static_cast<unsigned>(actual[*first]),
                              static_cast<unsigned>(expected[*first]));
        Finding& finding = differ(field, std::move(text));
        finding.expected.assign(expected.begin(), expected.end());
        finding.actual.assign(actual.begin(), actual.end());
        return false;
    }

    /// Whether lists can be compared element by element.
    bool same_length(Field field, std::size_t expected, std::size_t actual,
                     std::optional<std::size_t> other) {
        if (other && *other != expected) return leave_out(field, varies), false;
        if (expected == actual) return true;
        differ(field, fmt::format("{}, expected {}", actual, expected));
        return false;
    }

    void events() {
        if (is_unseen(Effect::events, Field::events)) return;
        const auto expected = by_map(expected_.events);
        const auto actual = by_map(actual_.events);
        const auto other = by_map(varied_ ? varied_->events : expected_.events);
        if (!same_length(Field::events, expected.size(), actual.size(), other.size())) return;
        for (std::size_t i = 0; i < expected.size(); ++i)
            event(i, *expected[i], *actual[i], varied_ ? other[i] : nullptr);
    }

    void event(std::size_t number, const Event& expected, const Event& actual, const Event* other) {
        const std::string where = fmt::format("number {} ", number);
        if (expected.map != actual.map) {
            differ(Field::events,
                   fmt::format("{}is in map {}, expected {}", where, actual.map, expected.map));
            return;
        }
        const std::size_t size = actual.padded ? padded_size(expected.data.size()) : 0;
        std::optional<Bytes> varied;
        if (other) varied = extended(other->data, size);
        if (!bytes(Field::events, extended(expected.data, size), actual.data, varied, where))
            findings_.back().map = expected.map;
    }

    void trace() {
        if (is_unseen(Effect::trace, Field::trace)) return;
        const auto& expected = expected_.trace;
        const auto& actual = actual_.trace;
        const auto* other = varied_ ? &varied_->trace : nullptr;
        if (!same_length(Field::trace, expected.size(), actual.size(),
                         other ? std::optional(other->size()) : std::nullopt))
            return;
        for (std::size_t i = 0; i < expected.size(); ++i)
            if (other && (*other)[i] != expected[i])
                leave_out(Field::trace, fmt::format("number {} {}", i, varies));
            else if (expected[i] != actual[i])
                line(i);
    }

    void line(std::size_t i) {
        Finding& finding =
            differ(Field::trace, fmt::format("number {} is \"{}\", expected \"{}\"", i,
                                             actual_.trace[i], expected_.trace[i]));
        for (auto [to, text] : {std::pair{&finding.expected, &expected_.trace[i]},
                                std::pair{&finding.actual, &actual_.trace[i]}})
            to->assign(bytes_of(*text).begin(), bytes_of(*text).end());
    }

    void maps() {
        if (is_unseen(Effect::maps, Field::maps)) return;
        if (!same_length(Field::maps, expected_.maps.size(), actual_.maps.size(), std::nullopt))
            return;
        for (std::size_t i = 0; i < expected_.maps.size(); ++i)
            map(expected_.maps[i], actual_.maps[i], varied_ ? &varied_->maps[i] : nullptr);
    }

    void map(const MapContents& expected, const MapContents& actual, const MapContents* other) {
        const auto wanted = sorted(expected);
        const auto found = sorted(actual);
        const auto varied = other ? sorted(*other) : wanted;
        if (!std::ranges::equal(varied, wanted, {}, &MapEntry::key, &MapEntry::key))
            return leave_out(Field::maps,
                             fmt::format("{}: what it holds {}", expected.map, varies));
        if (wanted.size() != found.size()) {
            differ(Field::maps, fmt::format("{}: {} entries, expected {}", expected.map,
                                            found.size(), wanted.size()))
                .map = expected.map;
            return;
        }
        for (std::size_t i = 0; i < wanted.size(); ++i)
            entry(expected, wanted[i], found[i], other ? &varied[i] : nullptr);
    }

    void entry(const MapContents& map, const MapEntry& expected, const MapEntry& actual,
               const MapEntry* other) {
        const std::string where = map.map + ": ";
        if (expected.key != actual.key) {
            differ(Field::maps, where + "it holds other keys").map = map.map;
            return;
        }
        if (holds_numbers_of_objects(map.type)) return;
        // Machines differ in their number of CPUs.
        const std::size_t cpus = std::min(expected.values.size(), actual.values.size());
        if (expected.values.size() != actual.values.size())
            leave_out(Field::maps, where + "values of CPUs that one of them has not");
        const auto shared = [&](const MapEntry& entry) {
            return joined(std::span(entry.values).first(std::min(cpus, entry.values.size())));
        };
        std::optional<Bytes> varied;
        if (other) varied = shared(*other);
        if (bytes(Field::maps, shared(expected), shared(actual), varied, where)) return;
        findings_.back().map = map.map;
        findings_.back().key = expected.key;
    }

    const RunResult& expected_;
    const RunResult& actual_;
    const RunResult* varied_;
    std::vector<Finding> findings_;
};

}  // namespace

std::string_view name_of(Field field) {
    switch (field) {
        case Field::trap: return "trap";
        case Field::return_value: return "return value";
        case Field::redirect: return "redirect";
        case Field::packet: return "packet";
        case Field::context: return "context";
        case Field::events: return "events";
        case Field::trace: return "trace lines";
        case Field::maps: return "maps";
    }
    return "";
}

std::vector<Finding> findings(const RunResult& expected, const RunResult& actual,
                              const RunResult* varied) {
    return Comparison(expected, actual, varied).run();
}

std::optional<std::string> difference(const RunResult& expected, const RunResult& actual) {
    for (Finding& finding : findings(expected, actual))
        if (finding.agreement == Agreement::different) return std::move(finding.text);
    return std::nullopt;
}

}  // namespace bpftwin::compare
