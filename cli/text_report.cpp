// The default output of `bpftwin run`. The same input gives the same text: no times unless asked.
#include <algorithm>
#include <map>

#include "cli/byte_diff.h"
#include "cli/hex.h"
#include "cli/map_text.h"
#include "cli/mocks.h"
#include "cli/network.h"
#include "cli/report.h"
#include "cli/values.h"
#include "fmt/format.h"
#include "vm/context.h"
#include "vm/return_names.h"

namespace bpftwin::cli {
namespace {

std::string flags_text(std::uint64_t flags) {
    return flags == 0 ? "" : fmt::format(", flags {:#x}", flags);
}

std::string redirect_text(const Redirect& redirect) {
    std::string text = fmt::format("redirect to {} ", name_of(redirect.kind));
    if (redirect.kind == Redirect::Kind::map) {
        text += fmt::format("{}[{}]", redirect.map, redirect.key);
        if (redirect.ifindex != 0) text += fmt::format(", device {}", redirect.ifindex);
    } else {
        text += fmt::format("{}", redirect.ifindex);
    }
    return text + flags_text(redirect.flags);
}

std::string bytes_text(std::size_t size) {
    return fmt::format("{} byte{}", size, size == 1 ? "" : "s");
}

/// Widest name that a program of this type can return, so that lines align.
std::size_t label_width(const ProgramSpec& program) {
    constexpr std::uint64_t past_all_names = 64;
    std::size_t width = 4;
    for (std::uint64_t value = 0; value < past_all_names; ++value) {
        auto name = return_name(program.type, program.expected_attach_type, value);
        if (name) width = std::max(width, name->size());
    }
    return width;
}

class TextReport : public Report {
public:
    TextReport(const RunPlan& plan, Style style, Write write)
        : plan_(plan), style_(style), write_(std::move(write)), width_(label_width(plan.program)) {}

    void begin() override {
        if (!plan_.many) return;
        write_(fmt::format("{} on packets of {}\n", title(), plan_.packets));
    }

    void add(const Outcome& outcome) override {
        const RunResult& result = outcome.result;
        ++runs_;
        ++counts_[result.trap ? "trapped" : return_label(plan_.program, result.return_value)];
        duration_ns_ += result.duration_ns;
        insns_ += result.insns;
        claims_held_ += result.claims_held;
        if (!plan_.many) {
            write_(single(outcome));
        } else if (!plan_.summary_only || result.trap) {
            write_(line(outcome) + details(result, "          "));
        }
    }

    void end(const std::vector<FinalMap>& maps, const Error*) override {
        if (plan_.many) write_(summary());
        if (plan_.time) write_(time());
        if (claims_held_ != 0)
            write_(
                fmt::format("{} instructions, before each of which all was as the verifier "
                            "claims\n",
                            claims_held_));
        for (const FinalMap& map : maps) write_(map_text(plan_.object, map, style_));
    }

private:
    [[nodiscard]] std::string title() const {
        return fmt::format("{} ({})", style_.bold(plan_.program.name), plan_.program.section);
    }

    [[nodiscard]] std::string painted_label(const RunResult& result) const {
        std::string label = return_label(plan_.program, result.return_value);
        return result.trap ? style_.bad("TRAP") : style_.good(label);
    }

    [[nodiscard]] std::string single(const Outcome& outcome) const {
        const RunResult& result = outcome.result;
        if (result.trap)
            return fmt::format("{} {}\n", title(), style_.bad("trapped")) + details(result, "  ");
        std::string label = return_label(plan_.program, result.return_value);
        bool named =
            return_name(plan_.program.type, plan_.program.expected_attach_type, result.return_value)
                .has_value();
        std::string number =
            named ? fmt::format(" ({})", static_cast<std::uint32_t>(result.return_value)) : "";
        std::string text = fmt::format("{} returned {}{}\n", title(), style_.good(label), number);
        if (result.redirect) text += fmt::format("  {}\n", redirect_text(*result.redirect));
        return text + details(result, "  ") + context_changes(outcome) + packet_changes(outcome);
    }

    [[nodiscard]] std::string line(const Outcome& outcome) const {
        const RunResult& result = outcome.result;
        std::size_t label =
            result.trap ? 4 : return_label(plan_.program, result.return_value).size();
        std::string text = fmt::format("{:>7}  {}{:{}}", fmt::format("#{}", outcome.number),
                                       painted_label(result), "", width_ - std::min(width_, label));
        if (outcome.packet_before) text += "  " + bytes_text(outcome.packet_before->size());
        if (outcome.packet_changed()) text += packet_note(outcome);
        if (result.redirect) text += ", " + redirect_text(*result.redirect);
        return text + '\n';
    }

    [[nodiscard]] static std::string packet_note(const Outcome& outcome) {
        bool resized = outcome.result.packet->size() != outcome.packet_before->size();
        return resized ? fmt::format(" -> {}", bytes_text(outcome.result.packet->size()))
                       : ", changed";
    }

    /// What belongs to one run and may take several lines.
    [[nodiscard]] std::string details(const RunResult& result, std::string_view indent) const {
        std::string text = result.trap ? indented(result.trap->describe(), indent) : "";
        for (const std::string& trace : result.trace) {
            text += indented(trace, fmt::format("{}{} ", indent, style_.dim("trace")));
        }
        for (const Clone& clone : result.clones) text += clone_text(clone, indent);
        if (result.tunnel)
            text +=
                fmt::format("{}{} {}\n", indent, style_.dim("tunnel"), tunnel_text(*result.tunnel));
        for (const std::string& line : socket_lines(result.socket))
            text += fmt::format("{}{}\n", indent, line);
        for (const Event& event : result.events) text += event_text(event, indent);
        return text + outside_effects(result, indent);
    }

    /// What reached something else than a map: signals, files, the hook's result; and calls.
    [[nodiscard]] std::string outside_effects(const RunResult& result,
                                              std::string_view indent) const {
        std::string text;
        const auto add = [&](std::string_view what, std::string_view value) {
            text += fmt::format("{}{} {}\n", indent, style_.dim(what), value);
        };
        for (const SignalSent& sent : result.signals)
            add("signal", fmt::format("{} to {} {}", sent.signal,
                                      sent.thread ? "thread" : "process", sent.pid));
        for (const RemoteEvent& event : result.remote) add("remote", remote_text(event));
        if (!result.sequence.empty())
            text += indented(result.sequence, fmt::format("{}{} ", indent, style_.dim("seq")));
        if (result.retval) add("retval", fmt::to_string(*result.retval));
        if (result.override_return) add("override_return", result_text(*result.override_return));
        if (!plan_.calls) return text;
        for (const CallRecord& call : result.calls) add("call", call_text(call));
        return text;
    }

    [[nodiscard]] static std::string remote_text(const RemoteEvent& event) {
        switch (event.kind) {
            case RemoteEvent::Kind::repeat: return "repeat";
            case RemoteEvent::Kind::keydown:
                return fmt::format("keydown protocol {} scancode {:#x}{}", event.protocol,
                                   event.scancode, event.toggle ? " toggle" : "");
            case RemoteEvent::Kind::pointer: return fmt::format("pointer {} {}", event.x, event.y);
        }
        bug("RemoteEvent::Kind");
    }

    [[nodiscard]] std::string clone_text(const Clone& clone, std::string_view indent) const {
        return fmt::format("{}{} to device {}{}, {}\n{}", indent, style_.dim("clone"),
                           clone.ifindex, flags_text(clone.flags), bytes_text(clone.packet.size()),
                           hex_dump(clone.packet, std::string(indent) + "  "));
    }

    [[nodiscard]] std::string event_text(const Event& event, std::string_view indent) const {
        const MapSpec* map = plan_.object.map(event.map);
        bool has_cpu = map != nullptr && map->type == MapType::perf_event_array;
        std::string source = has_cpu ? fmt::format("{} cpu{}", event.map, event.cpu) : event.map;
        std::string start = fmt::format("{}{} {}", indent, style_.dim("event"), source);
        ValueType type = plan_.events.of(event.map);
        if (!type.has_btf()) {
            return fmt::format("{}, {}\n{}", start, bytes_text(event.data.size()),
                               hex_dump(event.data, std::string(indent) + "  "));
        }
        return fmt::format("{} {}\n", start, typed_text(type, event.data));
    }

    [[nodiscard]] std::string context_changes(const Outcome& outcome) const {
        if (outcome.result.context == outcome.context_before) return {};
        const ContextLayout& layout = context_layout(plan_.program.type);
        std::string text = style_.bold("context changed") + "\n";
        if (layout.is_bytes()) {
            return text + byte_diff(outcome.context_before, outcome.result.context, "  ", style_);
        }
        auto changes = changed_fields(layout.type, outcome.context_before, outcome.result.context);
        for (const FieldChange& change : changes) {
            text += fmt::format("  {} {} -> {}\n", change.name, change.before, change.after);
        }
        return changes.empty() ? "" : text;
    }

    [[nodiscard]] std::string packet_changes(const Outcome& outcome) const {
        if (!outcome.packet_changed() || !outcome.packet_before) return {};
        const Bytes& before = *outcome.packet_before;
        const Bytes& after = *outcome.result.packet;
        std::string sizes = before.size() == after.size()
                                ? bytes_text(after.size())
                                : fmt::format("{} -> {}", before.size(), bytes_text(after.size()));
        return fmt::format("{} ({})\n{}", style_.bold("packet changed"), sizes,
                           byte_diff(before, after, "  ", style_));
    }

    [[nodiscard]] std::string summary() const {
        std::vector<std::pair<std::string, std::uint64_t>> sorted(counts_.begin(), counts_.end());
        std::ranges::stable_sort(sorted, std::greater(),
                                 &std::pair<std::string, std::uint64_t>::second);
        std::string text = fmt::format("{} packet{}:", runs_, runs_ == 1 ? "" : "s");
        std::string_view separator = " ";
        for (const auto& [label, count] : sorted) {
            text += fmt::format("{}{} {}", separator, style_.bold(label), count);
            separator = ", ";
        }
        return text + '\n';
    }

    [[nodiscard]] std::string time() const {
        std::uint64_t total = std::max<std::uint64_t>(1, runs_ * plan_.repeat);
        std::string text = fmt::format("time {} ns per run", duration_ns_ / total);
        if (insns_ != 0)
            text += fmt::format(", {} instructions per run",
                                insns_ / std::max<std::uint64_t>(1, runs_));
        return text + '\n';
    }

    const RunPlan& plan_;
    Style style_;
    Write write_;
    std::size_t width_;
    std::uint64_t runs_ = 0;
    std::uint64_t duration_ns_ = 0;
    std::uint64_t insns_ = 0;
    std::uint64_t claims_held_ = 0;
    std::map<std::string, std::uint64_t> counts_;
};

}  // namespace

std::unique_ptr<Report> text_report(const RunPlan& plan, Style style, Write write) {
    return std::make_unique<TextReport>(plan, style, std::move(write));
}

}  // namespace bpftwin::cli
