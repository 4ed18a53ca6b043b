// The page: headline figures, a chart per phase, all numbers as tables, where and how.
#include <algorithm>

#include "bench/chart.h"
#include "bench/report.h"
#include "fmt/format.h"

namespace bpftwin::bench {
namespace {

constexpr std::string_view style = R"css(
:root { color-scheme: light dark; --ground: #fcfcfb; --card: #ffffff; --ink: #1c1e21;
  --faint: #62676d; --line: #e3e5e8; --edge: #8b9097;
  --c0: #3268b8; --c1: #12805c; --c2: #c4631c; --c3: #8a4fb0; --c4: #6b7280; }
@media (prefers-color-scheme: dark) { :root { --ground: #15171a; --card: #1c1f23; --ink: #e7e9ec;
  --faint: #9aa1a9; --line: #30343a; --edge: #7d848c;
  --c0: #6ea3ee; --c1: #3fbf91; --c2: #ee9350; --c3: #bd8ae0; --c4: #9ca3af; } }
* { box-sizing: border-box; }
body { margin: 0; background: var(--ground); color: var(--ink);
  font: 15px/1.5 system-ui, sans-serif; font-variant-numeric: tabular-nums; }
main { max-width: 1000px; margin: 0 auto; padding: 40px 20px 80px; }
h1 { font-size: 26px; margin: 0; } h2 { font-size: 18px; margin: 0 0 4px; }
p { margin: 4px 0; max-width: 78ch; } .faint { color: var(--faint); }
section { background: var(--card); border: 1px solid var(--line); border-radius: 8px;
  padding: 20px 20px 14px; margin-top: 20px; }
.figures { display: flex; flex-wrap: wrap; gap: 14px; margin-top: 22px; }
.figures div { background: var(--card); border: 1px solid var(--line); border-radius: 8px;
  border-top: 4px solid var(--line); padding: 12px 18px; min-width: 168px; flex: 1; }
.figures b { display: block; font-size: 30px; line-height: 1.2; font-weight: 650; }
.pair { display: grid; grid-template-columns: repeat(auto-fit, minmax(400px, 1fr)); gap: 0 20px; }
svg { display: block; width: 100%; height: auto; margin-top: 8px; }
svg text { font-size: 12px; fill: var(--ink); }
.name, .end { text-anchor: end; } .tick { text-anchor: middle; }
svg .tick, svg .axis { fill: var(--faint); } svg .strong { font-weight: 700; }
.grid { stroke: var(--line); } .base { stroke: var(--edge); stroke-width: 1.5; }
.limit { fill: none; stroke: var(--edge); stroke-width: 1.5; stroke-dasharray: 5 4; }
.s0 { fill: var(--c0); } .s1 { fill: var(--c1); } .s2 { fill: var(--c2); } .s3 { fill: var(--c3); }
.s4 { fill: var(--c4); } .soft { opacity: .82; }
.l0, .l1, .l2, .l3, .l4 { fill: none; stroke-width: 2; }
.l0 { stroke: var(--c0); } .l1 { stroke: var(--c1); } .l2 { stroke: var(--c2); }
.l3 { stroke: var(--c3); } .l4 { stroke: var(--c4); }
.legend { margin-top: 8px; } .legend span { margin-right: 18px; }
.legend i { display: inline-block; width: 11px; height: 11px; border-radius: 2px;
  margin-right: 6px; }
i.b0 { background: var(--c0); } i.b1 { background: var(--c1); } i.b2 { background: var(--c2); }
i.b3 { background: var(--c3); } i.b4 { background: var(--c4); }
.figures .b0 { border-top-color: var(--c0); } .figures .b1 { border-top-color: var(--c1); }
.figures .b2 { border-top-color: var(--c2); } .figures .b3 { border-top-color: var(--c3); }
.figures .b4 { border-top-color: var(--c4); }
.wide { overflow-x: auto; } table { border-collapse: collapse; font-size: 13px; margin: 8px 0; }
th, td { text-align: right; padding: 3px 12px 3px 0; border-bottom: 1px solid var(--line);
  white-space: nowrap; } th { font-weight: 600; color: var(--faint); }
th:first-child, td:first-child { text-align: left; }
summary { cursor: pointer; font-weight: 600; } dl { display: grid; margin: 8px 0;
  grid-template-columns: max-content 1fr; gap: 3px 18px; } dt { color: var(--faint); }
dd { margin: 0; } .failed { color: #c0352b; }
)css";

std::string section(std::string_view title, std::string_view note, std::string_view content) {
    return fmt::format("<section>\n<h2>{}</h2>\n<p class=\"faint\">{}</p>\n{}</section>\n",
                       escaped(title), escaped(note), content);
}

/// A group of bars: one value per engine.
template <class Value>
BarGroup group(const Results& results, std::string_view name, Value value) {
    BarGroup group{.name = std::string(name)};
    for (std::size_t i = 0; i < results.engines.size(); ++i) group.values.push_back(value(i));
    return group;
}

template <class Value>
BarGroup geomean_group(const Results& results, Value value) {
    BarGroup all = group(results, "geometric mean", value);
    all.strong = true;
    return all;
}

std::string figure(std::size_t series, double value, std::string_view what) {
    return fmt::format("<div class=\"b{}\"><b>{}×</b><span class=\"faint\">{}</span></div>\n",
                       series, short_number(value), escaped(what));
}

/// Colour of what is compared with a kernel: the first that engines leave.
constexpr std::size_t kernel_series = 4;

std::string figures(const Results& results) {
    if (results.run.empty() && !results.has_kernel()) return "";
    std::string out = "<div class=\"figures\">\n";
    if (!results.run.empty())
        for (std::size_t i = 0; i < results.engines.size(); ++i)
            out += figure(i, results.run_geomean(i), results.engines[i] + " / native");
    if (results.has_kernel())
        out += figure(kernel_series, results.kernel_geomean(), "jit / kernel");
    return out + "</div>\n";
}

std::string run_section(const Results& results) {
    if (results.run.empty()) return "";
    BarChart chart{.title = "Time of every engine relative to native code, per program",
                   .unit = "times native",
                   .series = results.engines,
                   .groups = {}};
    chart.groups.push_back(
        geomean_group(results, [&](std::size_t i) { return results.run_geomean(i); }));
    for (const RunRow& row : results.run)
        chart.groups.push_back(group(results, row.program,
                                     [&](std::size_t i) { return row.engines[i].ratio.median; }));
    return section("Run: times the time of native code",
                   "The same C file compiled natively by the same clang at -O2 is 1. Shorter is "
                   "faster; the scale is logarithmic.",
                   legend(results.engines) + svg(chart));
}

std::string kernel_section(const Results& results) {
    if (!results.has_kernel()) return "";
    BarChart chart{.title = "Time of the JIT relative to the kernel's, per program",
                   .unit = "times kernel",
                   .series = {"jit"},
                   .groups = {}};
    chart.groups.push_back({"geometric mean", {results.kernel_geomean()}, true});
    for (const KernelRow& row : results.kernel)
        if (row.refusal.empty())
            chart.groups.push_back({std::string(row.program), {row.jit.ratio.median}});
    return section("Run: times the time of the kernel's JIT",
                   "The same object in the running kernel is 1. Programs that its verifier does "
                   "not take are missing.",
                   svg(chart));
}

BarChart narrow_chart(const Results& results, std::string_view title, std::string_view unit) {
    return {.title = std::string(title),
            .unit = std::string(unit),
            .series = results.engines,
            .groups = {},
            .width = 470};
}

std::string compile_section(const Results& results) {
    if (results.compile.empty()) return "";
    BarChart time = narrow_chart(results, "Compile time per instruction", "ns per instruction");
    BarChart size = narrow_chart(results, "Bytes of code per byte of BPF", "times BPF");
    time.groups.push_back(
        geomean_group(results, [&](std::size_t i) { return results.compile_geomean(i); }));
    size.groups.push_back(
        geomean_group(results, [&](std::size_t i) { return results.code_geomean(i); }));
    for (const CompileRow& row : results.compile) {
        time.groups.push_back(group(results, row.program, [&](std::size_t i) {
            return per_insn(row.engines[i].compile_ns, row.insns);
        }));
        size.groups.push_back(group(results, row.program, [&](std::size_t i) {
            return code_ratio(row.engines[i].code_bytes, row.insns);
        }));
    }
    return section("Compile: time and size of code",
                   "Left: nanoseconds per BPF instruction. Right: bytes of what is executed, "
                   "machine code or an interpreter's own form, per byte of BPF.",
                   fmt::format("{}<div class=\"pair\">\n<div>{}</div>\n<div>{}</div>\n</div>\n",
                               legend(results.engines), svg(time), svg(size)));
}

/// What compiling a program of that size may take, in microseconds.
double limit_us(std::size_t insns) {
    const double ns =
        insns < small_program ? small_program_bar_ns : insn_bar_ns * static_cast<double>(insns);
    return ns / 1000;
}

std::string size_section(const Results& results) {
    if (results.size.empty()) return "";
    LineChart chart{.title = "Compile time by size of the program",
                    .x_name = "instructions of the program",
                    .y_name = "compile time, µs",
                    .lines = {},
                    .limit = {"bar", {}}};
    for (const std::string& engine : results.engines) chart.lines.push_back({engine, {}});
    for (const SizeRow& row : results.size) {
        const auto insns = static_cast<double>(row.insns);
        chart.limit.points.emplace_back(insns, limit_us(row.insns));
        for (std::size_t i = 0; i < row.engines.size(); ++i)
            chart.lines[i].points.emplace_back(insns, row.engines[i].compile_ns / 1000);
    }
    return section(
        "Compile time by size",
        fmt::format("Synthetic programs with a usual mix of instructions. The bar: {:.0f} "
                    "µs in all below {} instructions, {} ns per instruction above.",
                    small_program_bar_ns / 1000, small_program, insn_bar_ns),
        legend(results.engines) + svg(chart));
}

std::string row(std::string_view tag, const std::vector<std::string>& cells) {
    std::string out = "<tr>";
    for (const std::string& cell : cells) out += fmt::format("<{0}>{1}</{0}>", tag, escaped(cell));
    return out + "</tr>\n";
}

std::string table(const std::vector<std::string>& heading,
                  const std::vector<std::vector<std::string>>& rows) {
    if (rows.empty()) return "";
    std::string out = "<div class=\"wide\"><table>\n" + row("th", heading);
    for (const auto& cells : rows) out += row("td", cells);
    return out + "</table></div>\n";
}

std::string run_table(const Results& results) {
    std::vector<std::string> heading = {"run", "native ns"};
    for (const std::string& engine : results.engines)
        for (const char* column : {" ns", " ratio", " spread"}) heading.push_back(engine + column);
    std::vector<std::vector<std::string>> rows;
    for (const RunRow& one : results.run) {
        auto& cells = rows.emplace_back();
        cells = {std::string(one.program), short_number(one.native.ns.median)};
        for (const compare::Measurement& engine : one.engines) {
            cells.push_back(short_number(engine.ns.median));
            cells.push_back(short_number(engine.ratio.median));
            cells.push_back(fmt::format("{:.1f}%", engine.ratio.spread() * 100));
        }
    }
    return table(heading, rows);
}

void add_compiled_heading(const Results& results, std::vector<std::string>& heading) {
    for (const std::string& engine : results.engines)
        for (const char* column : {" µs", " in all µs", " bytes"})
            heading.push_back(engine + column);
}

void add_compiled(const std::vector<Compiled>& engines, std::vector<std::string>& cells) {
    for (const Compiled& engine : engines) {
        cells.push_back(short_number(engine.compile_ns / 1000));
        cells.push_back(short_number(engine.instantiate_ns / 1000));
        cells.push_back(whole_number(engine.code_bytes));
    }
}

std::string compile_table(const Results& results) {
    std::vector<std::string> heading = {"compile", "ELF bytes", "load µs", "instructions"};
    add_compiled_heading(results, heading);
    std::vector<std::vector<std::string>> rows;
    for (const CompileRow& one : results.compile) {
        auto& cells = rows.emplace_back();
        cells = {std::string(one.program), whole_number(one.elf_bytes),
                 short_number(one.load_ns / 1000), whole_number(one.insns)};
        add_compiled(one.engines, cells);
    }
    return table(heading, rows);
}

std::string size_table(const Results& results) {
    std::vector<std::string> heading = {"instructions"};
    add_compiled_heading(results, heading);
    std::vector<std::vector<std::string>> rows;
    for (const SizeRow& one : results.size) {
        auto& cells = rows.emplace_back();
        cells = {whole_number(one.insns)};
        add_compiled(one.engines, cells);
    }
    return table(heading, rows);
}

std::string tables(const Results& results) {
    return fmt::format(
        "<section>\n<details><summary>All numbers</summary>\n{}{}{}</details>\n"
        "</section>\n",
        run_table(results), compile_table(results), size_table(results));
}

std::string failures(const Results& results) {
    std::string out;
    for (const Failure& failure : results.failures)
        out += fmt::format("<p class=\"failed\">{} failed: {}</p>\n", escaped(failure.what),
                           escaped(failure.reason));
    return out;
}

std::string method(const Results& results) {
    return section(
        "Method",
        "Every result is compared with native code's before anything is timed. A round takes one "
        "sample of about a millisecond of native code and of each engine on the same input, one "
        "right after the other and in rotating order, on one CPU; bars are medians of the rounds' "
        "own ratios, so that what disturbs the machine disturbs both sides of a ratio. Spread is "
        "the distance of the quartiles. Loading and compiling are sampled in the same way.",
        fmt::format("<p class=\"faint\">{} rounds per program; bench/README.md says more.</p>\n",
                    rounds(results.quick)));
}

std::string machine_list(const Machine& machine) {
    std::string out = "<dl>\n";
    const std::pair<std::string_view, std::string> rows[] = {
        {"CPU", fmt::format("{}, {} of them", machine.cpu, machine.cpus)},
        {"Kernel", machine.kernel},
        {"Engines compiled by", machine.compiler},
        {"Programs compiled by", machine.clang},
        {"Measured", machine.date},
    };
    for (const auto& [name, value] : rows)
        out += fmt::format("<dt>{}</dt><dd>{}</dd>\n", name, escaped(value));
    return out + "</dl>\n";
}

}  // namespace

std::string html_text(const Results& results) {
    return fmt::format(
               "<!doctype html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n"
               "<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n"
               "<title>bpftwin benchmark</title>\n<style>{}</style>\n</head>\n<body>\n<main>\n"
               "<h1>bpftwin benchmark</h1>\n"
               "<p class=\"faint\">How fast its engines load, compile and run BPF programs.</p>\n",
               style) +
           failures(results) + figures(results) + run_section(results) + kernel_section(results) +
           compile_section(results) + size_section(results) + tables(results) + method(results) +
           section("Machine", "", machine_list(results.machine)) + "</main>\n</body>\n</html>\n";
}

}  // namespace bpftwin::bench
