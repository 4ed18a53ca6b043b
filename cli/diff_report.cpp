#include "cli/diff_report.h"

#include <algorithm>

#include "cli/byte_diff.h"
#include "cli/hex.h"
#include "cli/report.h"
#include "cli/table.h"
#include "cli/values.h"
#include "fmt/format.h"

namespace bpftwin::cli {
namespace {

using compare::Agreement;
using compare::Field;
using compare::Finding;

std::string count_text(std::size_t count, std::string_view what) {
    return fmt::format("{} {}{}", count, what, count == 1 ? "" : "s");
}

/// What the first engine did, in a word or two.
std::string summary(const DiffPlan& plan, Field field, const RunResult& result) {
    switch (field) {
        case Field::trap:
            return result.trap ? std::string(bpftwin::name_of(result.trap->kind)) : "none";
        case Field::return_value:
            return result.trap ? "-" : return_label(plan.program, result.return_value);
        case Field::redirect:
            if (!result.redirect) return "none";
            return result.redirect->map.empty() ? fmt::format("device {}", result.redirect->ifindex)
                                                : result.redirect->map;
        case Field::packet: return result.packet ? count_text(result.packet->size(), "byte") : "-";
        case Field::context: return count_text(result.context.size(), "byte");
        case Field::events: return count_text(result.events.size(), "record");
        case Field::trace: return count_text(result.trace.size(), "line");
        case Field::maps: return count_text(plan.object.maps.size(), "map");
    }
    return "";
}

std::string cell(const Tally& tally, Style style) {
    if (tally.runs == 0) return "-";
    if (tally.different != 0)
        return style.bad(tally.runs == 1
                             ? std::string("DIFFERS")
                             : fmt::format("DIFFERS {} of {}", tally.different, tally.runs));
    return tally.not_comparable != 0 ? style.dim("not comparable") : style.good("same");
}

/// Both values as the map's type has them.
std::string typed_difference(const DiffPlan& plan, const Finding& finding) {
    const MapSpec* map = plan.object.map(finding.map);
    if (map == nullptr) return {};
    const bool is_event = finding.field == Field::events;
    const ValueType type = is_event ? plan.events.of(finding.map) : value_type(plan.object, *map);
    if (!type.has_btf() || finding.expected.size() != type.size) return {};
    std::string text;
    if (!is_event)
        text = fmt::format("      key {}\n", typed_text(key_type(plan.object, *map), finding.key));
    return text + fmt::format("      - {}\n      + {}\n", typed_text(type, finding.expected),
                              typed_text(type, finding.actual));
}

LastWrite::Place place_of(Field field) {
    if (field == Field::packet) return LastWrite::Place::packet;
    return field == Field::context ? LastWrite::Place::context : LastWrite::Place::map;
}

/// What wrote the first byte that differs, or null where that is not known.
const LastWrite* writer_of(const Finding& finding, const RunResult& expected) {
    if (finding.field != Field::packet && finding.field != Field::context &&
        finding.field != Field::maps)
        return nullptr;
    const auto first = std::ranges::mismatch(finding.expected, finding.actual).in1;
    const auto offset = static_cast<std::uint32_t>(first - finding.expected.begin());
    const auto found = std::ranges::find_if(expected.writes, [&](const LastWrite& write) {
        return write.place == place_of(finding.field) && write.map == finding.map &&
               write.key == finding.key && offset - write.offset < write.size;
    });
    return found == expected.writes.end() ? nullptr : &*found;
}

std::string writer_text(const LastWrite& write) {
    const std::string where = fmt::format("insn {} of {}", write.pc, write.program);
    if (!write.source) return where;
    return fmt::format("{}, {}:{}:{}: {}", where, write.source->file, write.source->line,
                       write.source->column, write.source->text);
}

std::string finding_text(const DiffPlan& plan, const DiffEngine& engine, const Finding& finding,
                         const RunResult& expected, Style style) {
    std::string text = fmt::format("  {}: {}\n", style.bold(engine.name), finding.text);
    if (finding.field == Field::trace || finding.field == Field::trap) return text;
    std::string typed = typed_difference(plan, finding);
    if (typed.empty() && !(finding.expected.empty() && finding.actual.empty()))
        typed = byte_diff(finding.expected, finding.actual, "      ", style);
    if (const LastWrite* write = writer_of(finding, expected))
        typed += fmt::format("      last written by {}\n", writer_text(*write));
    return text + typed;
}

Json finding_json(const Finding& finding, const RunResult& expected) {
    Json json{
        {"field", compare::name_of(finding.field)},
        {"agreement", finding.agreement == Agreement::different ? "different" : "not comparable"},
        {"text", finding.text}};
    if (!finding.map.empty()) json["map"] = finding.map;
    if (!finding.key.empty()) json["key"] = hex(finding.key, "");
    if (finding.agreement == Agreement::different) {
        json["expected"] = hex(finding.expected, "");
        json["actual"] = hex(finding.actual, "");
        if (const LastWrite* write = writer_of(finding, expected))
            json["last_written_by"] = writer_text(*write);
    }
    return json;
}

bool is_different(const Finding& finding) { return finding.agreement == Agreement::different; }

}  // namespace

void DiffSums::add(const ComparedRun& run) {
    ++runs_;
    for (std::size_t i = 0; i < run.engines.size(); ++i) {
        const EngineRun& engine = run.engines[i];
        if (!engine.refused.empty()) {
            if (!engine.absent) ++reasons_[fmt::format("run {}: {}", run.number, engine.refused)];
            continue;
        }
        for (const Field field : compare::all_fields) {
            Tally& tally = by_engine_[i][static_cast<std::size_t>(field)];
            const auto has = [&](Agreement agreement) {
                return std::ranges::any_of(engine.findings, [&](const Finding& finding) {
                    return finding.field == field && finding.agreement == agreement;
                });
            };
            ++tally.runs;
            tally.different += has(Agreement::different);
            tally.not_comparable += has(Agreement::not_comparable);
        }
        for (const Finding& finding : engine.findings)
            if (!is_different(finding)) ++reasons_[finding.text];
    }
}

bool DiffSums::any_different() const {
    return std::ranges::any_of(by_engine_, [](const auto& fields) {
        return std::ranges::any_of(fields, [](const Tally& tally) { return tally.different != 0; });
    });
}

std::string diff_table(const DiffPlan& plan, const DiffSums& sums, const RunResult& last,
                       Style style) {
    Table table;
    std::vector<std::string> heads{""}, verdicts{"verdict"};
    for (const DiffEngine& engine : plan.engines) {
        heads.push_back(engine.name);
        verdicts.push_back(engine.absent.empty() ? engine.verdict : "absent");
    }
    table.add(heads);
    table.add(verdicts);
    for (const Field field : compare::all_fields) {
        std::vector<std::string> row{std::string(compare::name_of(field))};
        row.push_back(sums.runs() == 1 ? summary(plan, field, last)
                                       : count_text(sums.runs(), "run"));
        for (std::size_t i = 0; i + 1 < plan.engines.size(); ++i)
            row.push_back(cell(sums.of(i, field), style));
        table.add(row);
    }
    return table.text("  ");
}

std::string differences_text(const DiffPlan& plan, const ComparedRun& run, Style style) {
    std::string text;
    for (std::size_t i = 0; i < run.engines.size(); ++i)
        for (const Finding& finding : run.engines[i].findings)
            if (is_different(finding))
                text += finding_text(plan, plan.engines[i + 1], finding, run.expected, style);
    return text;
}

Json diff_json(const DiffPlan& plan, const ComparedRun& run) {
    Json engines = Json::array();
    for (std::size_t i = 0; i < run.engines.size(); ++i) {
        Json findings = Json::array();
        for (const Finding& finding : run.engines[i].findings)
            findings.push_back(finding_json(finding, run.expected));
        const std::string& refused = run.engines[i].refused;
        engines.push_back({{"engine", plan.engines[i + 1].name},
                           {"refused", refused.empty() ? Json() : Json(refused)},
                           {"findings", findings}});
    }
    return {{"number", run.number}, {"engines", engines}};
}

}  // namespace bpftwin::cli
