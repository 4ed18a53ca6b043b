#include "tests/differential/compare.h"

#include <algorithm>

#include "fmt/format.h"

namespace bpftwin::differential {
namespace {

std::string hex(ByteView bytes) {
    std::string text;
    for (const std::byte byte : bytes) text += fmt::format("{:02x}", std::to_integer<int>(byte));
    return text;
}

std::string text_of(std::uint64_t value) { return fmt::format("{:#x}", value); }
std::string text_of(const std::string& text) { return text; }
std::string text_of(const Bytes& bytes) { return hex(bytes); }
std::string text_of(const Event& event) {
    return fmt::format("{} cpu {}: {}", event.map, event.cpu, hex(event.data));
}
std::string text_of(const Redirect& redirect) {
    return fmt::format("{} {} {} {} {}", static_cast<int>(redirect.kind), redirect.ifindex,
                       redirect.map, redirect.key, redirect.flags);
}
std::string text_of(const Trap& trap) {
    return fmt::format("{} at insn {} of {}", name_of(trap.kind), trap.pc, trap.program);
}
std::string text_of(const MapEntry& entry) {
    std::string text = hex(entry.key) + " ->";
    for (const Bytes& value : entry.values) text += ' ' + hex(value);
    return text;
}
template <class T>
std::string text_of(const std::optional<T>& value) {
    return value ? text_of(*value) : "none";
}

/// The part of two long texts in which they differ, with a little before it.
std::string shortened(std::string_view text, std::size_t same) {
    constexpr std::size_t before = 16;
    constexpr std::size_t length = 100;
    const std::size_t begin = same > before ? same - before : 0;
    return fmt::format("{}{}{}", begin == 0 ? "" : fmt::format("…{}: ", begin),
                       text.substr(begin, length), text.size() > begin + length ? "…" : "");
}

class Report {
public:
    template <class T>
    void field(std::string_view name, const T& a, const T& b) {
        if (a == b) return;
        add(name, text_of(a), text_of(b));
    }

    template <class T>
    void list(std::string_view name, const std::vector<T>& a, const std::vector<T>& b) {
        if (a == b) return;
        if (a.size() != b.size())
            return field(fmt::format("number of {}s", name), a.size(), b.size());
        for (std::size_t i = 0; i < a.size(); ++i) field(fmt::format("{} {}", name, i), a[i], b[i]);
    }

    void trap(const std::optional<Trap>& a, const std::optional<Trap>& b) {
        if (!a && !b) return;
        if (a && b && a->kind == b->kind && a->pc == b->pc && a->program == b->program) return;
        add("trap", text_of(a), text_of(b));
    }

    std::string take() { return std::move(text_); }

private:
    void add(std::string_view name, std::string_view a, std::string_view b) {
        const auto same = static_cast<std::size_t>(std::ranges::mismatch(a, b).in1 - a.begin());
        text_ += fmt::format("{}:\n  {}\n  {}\n", name, shortened(a, same), shortened(b, same));
    }

    std::string text_;
};

}  // namespace

Contender::Contender(std::string name, std::unique_ptr<Engine> engine, const EngineOptions& options)
    : name_(std::move(name)), engine_(std::move(engine)), options_(options) {
    options_.cpu_count = cpu_count;
}

Contender::Contender(const test::EngineCase& engine)
    : Contender(engine.name, engine.make(), engine.options) {}

Result<std::unique_ptr<Instance>> Contender::instantiate(const Case& of) const {
    return engine_->instantiate(of.object, options_);
}

std::string difference(const RunResult& a, const RunResult& b) {
    Report report;
    report.trap(a.trap, b.trap);
    if (!a.trap && !b.trap) report.field("return value", a.return_value, b.return_value);
    report.field("packet", a.packet, b.packet);
    report.field("context", a.context, b.context);
    report.field("redirect", a.redirect, b.redirect);
    report.list("event", a.events, b.events);
    report.list("trace line", a.trace, b.trace);
    report.field("number of maps", a.maps.size(), b.maps.size());
    for (std::size_t i = 0; i < std::min(a.maps.size(), b.maps.size()); ++i)
        report.list(a.maps[i].map + " entry", a.maps[i].entries, b.maps[i].entries);
    if (a.insns != 0 && b.insns != 0) report.field("instructions", a.insns, b.insns);
    return report.take();
}

std::optional<Difference> compare(const Contender& a, const Contender& b, const Case& of) {
    const auto first = a.instantiate(of);
    const auto second = b.instantiate(of);
    for (const auto* instance : {&first, &second})
        if (!*instance) return Difference{.what = "refused: " + instance->error().message + '\n'};
    for (std::size_t i = 0; i < of.runs.size(); ++i) {
        const CaseRun& run = of.runs[i];
        const auto x = (*first)->run(run.program, run.input);
        const auto y = (*second)->run(run.program, run.input);
        for (const auto* result : {&x, &y})
            if (!*result) return Difference{i, "refused: " + result->error().message + '\n'};
        if (std::string what = difference(*x, *y); !what.empty()) return Difference{i, what};
    }
    return std::nullopt;
}

}  // namespace bpftwin::differential
