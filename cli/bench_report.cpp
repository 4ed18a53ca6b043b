#include "cli/bench_report.h"

#include <algorithm>
#include <cmath>

#include "cli/hex.h"
#include "cli/table.h"
#include "fmt/format.h"

namespace bpftwin::cli {
namespace {

constexpr std::string_view short_run_mark = "*";
constexpr std::string_view short_sample_mark = "!";

/// Three digits at least, and no more behind the point than that takes.
std::string number(double value) {
    return fmt::format("{:.{}f}", value, value < 9.995 ? 2 : value < 99.95 ? 1 : 0);
}

std::string percent(double share) { return number(share * 100) + "%"; }

std::string count_or_dash(std::uint64_t count) {
    return count == 0 ? "-" : fmt::format("{}", count);
}

std::string marks(const BenchPlan& plan, const EngineBench& row) {
    std::string text;
    if (row.is_short_run()) text += short_run_mark;
    if (row.is_short_sample(plan.clock_ns)) text += short_sample_mark;
    return text;
}

std::vector<std::string> cells(const BenchPlan& plan, const EngineBench& row) {
    if (!row.refused.empty()) return {std::string(row.engine), "", "refused"};
    return {std::string(row.engine),
            marks(plan, row),
            number(row.time.ns.median),
            percent(row.time.ns.spread()),
            number(row.time.ratio.median),
            number(row.entry_ns),
            count_or_dash(row.insns),
            count_or_dash(row.code.bytes),
            number(static_cast<double>(row.code.compile_ns) / 1000)};
}

std::string table(const BenchPlan& plan, const ProgramBench& bench) {
    Table table(2);
    table.add({"engine", "", "ns/run", "spread", "ratio", "entry ns", "insns/run", "code bytes",
               "compile us"});
    for (const EngineBench& row : bench.engines) table.add(cells(plan, row));
    return table.text("  ");
}

template <class Predicate>
bool any(const ProgramBench& bench, Predicate predicate) {
    return std::ranges::any_of(bench.engines, [&](const EngineBench& row) {
        return row.refused.empty() && predicate(row);
    });
}

std::string notes(const BenchPlan& plan, const ProgramBench& bench) {
    std::string text;
    for (const EngineBench& row : bench.engines)
        if (!row.refused.empty()) text += fmt::format("  {}\n", row.refused);
    if (any(bench, [](const EngineBench& row) { return row.is_short_run(); }))
        text += fmt::format(
            "  {} short run: entering it (packet, context, call) takes more than a quarter of it,\n"
            "    and the ratio is of that as well; `entry ns` is an empty program's time\n",
            short_run_mark);
    if (any(bench, [&](const EngineBench& row) { return row.is_short_sample(plan.clock_ns); }))
        text += fmt::format("  {} short sample: less than 100 times the clock's {} ns\n",
                            short_sample_mark, number(plan.clock_ns));
    return text;
}

std::string packet_note(const BenchPlan& plan) {
    if (plan.packets.size() == 1) return "";
    return fmt::format(", {} packets in turn", plan.packets.size());
}

bool names_all(const BenchPlan& plan, const ProgramBench& bench) {
    return bench.engines.size() == plan.engines.size() &&
           std::ranges::all_of(bench.engines, &std::string::empty, &EngineBench::refused);
}

std::string heading(const ProgramSpec& program, Style style) {
    return fmt::format("{} ({})", style.bold(program.name), program.section);
}

Json summary_json(const compare::Summary& summary) {
    return {{"median", summary.median}, {"lower", summary.lower}, {"upper", summary.upper}};
}

Json engine_json(const BenchPlan& plan, const EngineBench& row) {
    Json json = {{"engine", row.engine}};
    json["refused"] = row.refused.empty() ? Json() : Json(row.refused);
    if (!row.refused.empty()) return json;
    json["ns"] = summary_json(row.time.ns);
    json["ratio"] = summary_json(row.time.ratio);
    json["runs_per_sample"] = row.time.repeat;
    json["entry_ns"] = row.entry_ns;
    json["short_run"] = row.is_short_run();
    json["short_sample"] = row.is_short_sample(plan.clock_ns);
    json["insns"] = row.insns;
    json["code_bytes"] = row.code.bytes;
    json["compile_ns"] = row.code.compile_ns;
    return json;
}

Json program_json(const BenchPlan& plan, const ProgramBench& bench) {
    Json json = {{"program", bench.program->name},
                 {"section", bench.program->section},
                 {"type", name_of(bench.program->type)},
                 {"insns", bench.program->insns.size()}};
    json["finding"] = bench.finding.empty() ? Json() : Json(bench.finding);
    json["rounds"] = bench.rounds;
    json["engines"] = Json::array();
    for (const EngineBench& row : bench.engines) json["engines"].push_back(engine_json(plan, row));
    return json;
}

}  // namespace

std::string bench_text(const BenchPlan& plan, const ProgramBench& bench, Style style) {
    const std::string title = heading(*bench.program, style);
    if (!bench.finding.empty()) {
        const std::size_t end = bench.finding.find('\n');
        const std::string more =
            end == std::string::npos ? "" : indented(bench.finding.substr(end + 1), "  ");
        return fmt::format("{} {}\n{}", title, style.bad(bench.finding.substr(0, end)), more);
    }
    return fmt::format("{}: same results on {}; {} rounds{}\n{}{}", title,
                       names_all(plan, bench) ? "every engine" : "the engines that run it",
                       bench.rounds, packet_note(plan), table(plan, bench), notes(plan, bench));
}

std::string skipped_text(const Skipped& skipped, Style style) {
    return fmt::format("{} skipped: {}\n", style.bold(skipped.program), skipped.reason);
}

std::string method_text(const BenchPlan& plan) {
    const std::string where =
        plan.pinned ? fmt::format("pinned to CPU {}", *plan.pinned) : "not pinned (refused)";
    return fmt::format(
        "Method: {}, warmed up; a round takes a sample of about 1 ms of each engine\n"
        "on the same input, in rotating order. `ns/run` and `ratio` are medians over rounds,\n"
        "a ratio is to the first engine in the same round; `spread` is the distance of the\n"
        "quartiles. Budget {}; clock {} ns.\n",
        where, plan.options.metered ? "on" : "off where it costs time", number(plan.clock_ns));
}

Json bench_json(const BenchPlan& plan, const std::vector<ProgramBench>& programs,
                const std::vector<Skipped>& skipped) {
    Json json = {{"object", plan.path}};
    json["cpu"] = plan.pinned ? Json(*plan.pinned) : Json();
    json["clock_ns"] = plan.clock_ns;
    json["budget"] = plan.options.metered;
    json["packets"] = plan.packets.size();
    json["programs"] = Json::array();
    for (const ProgramBench& bench : programs)
        json["programs"].push_back(program_json(plan, bench));
    json["skipped"] = Json::array();
    for (const Skipped& one : skipped)
        json["skipped"].push_back({{"program", one.program}, {"reason", one.reason}});
    return json;
}

}  // namespace bpftwin::cli
