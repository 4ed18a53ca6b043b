#include <algorithm>

#include "bench/report.h"
#include "fmt/format.h"

namespace bpftwin::bench {
namespace {

constexpr std::size_t name_width = 18;
constexpr std::size_t cell_width = 10;

std::string number(double value) {
    return fmt::format("{:.{}f}", value, value < 9.995 ? 2 : value < 99.95 ? 1 : 0);
}

std::string us(double ns) { return number(ns / 1000); }

/// A row of right-aligned cells behind a name.
std::string line(std::string_view name, const std::vector<std::string>& cells) {
    std::string text = fmt::format("{:{}}", name, name_width);
    for (const std::string& cell : cells) text += fmt::format("{:>{}}", cell, cell_width);
    return text + '\n';
}

/// Columns under a common title.
struct Columns {
    std::string_view title;
    std::vector<std::string> names;
};

/// Two lines: titles over the last of their columns, and names.
std::string heading(std::string_view name, const std::vector<Columns>& groups) {
    std::string titles(name_width, ' ');
    std::vector<std::string> cells;
    for (const Columns& group : groups) {
        titles += fmt::format("{:>{}}", group.title, group.names.size() * cell_width);
        cells.insert(cells.end(), group.names.begin(), group.names.end());
    }
    return titles + '\n' + line(name, cells);
}

void add_compiled(std::size_t insns, const std::vector<Compiled>& engines,
                  std::vector<std::string>& cells) {
    for (const Compiled& engine : engines) cells.push_back(us(engine.compile_ns));
    for (const Compiled& engine : engines)
        cells.push_back(number(per_insn(engine.compile_ns, insns)));
    for (const Compiled& engine : engines)
        cells.push_back(number(code_ratio(engine.code_bytes, insns)));
}

std::string bar_verdict(double value, double bar) {
    return value <= bar ? "" : fmt::format(" OVER by {:.0f}%", (value / bar - 1) * 100);
}

std::string run_summary(const Results& results) {
    std::string text;
    if (results.run.empty()) return text;
    for (std::size_t i = 0; i < results.engines.size(); ++i)
        text += fmt::format("geomean {}/native {}\n", results.engines[i],
                            number(results.run_geomean(i)));
    return text;
}

std::string kernel_summary(const Results& results) {
    if (!results.has_kernel()) return "";
    return fmt::format("geomean jit/kernel {}\n", number(results.kernel_geomean()));
}

std::string maps_summary(const Results& results) {
    if (results.maps.empty()) return "";
    const double all = results.maps_geomean();
    const double worst = results.maps_worst();
    return fmt::format("geomean maps jit/kernel {} (bar {}{}), worst {} (bar {}{})\n", number(all),
                       number(maps_geomean_bar), bar_verdict(all, maps_geomean_bar), number(worst),
                       number(maps_worst_bar), bar_verdict(worst, maps_worst_bar));
}

std::string compile_summary(const Results& results) {
    std::string text;
    if (results.compile.empty()) return text;
    for (std::size_t i = 0; i < results.engines.size(); ++i)
        text += fmt::format(
            "compile {}: geomean {} ns per instruction, {} bytes of code per byte "
            "of BPF\n",
            results.engines[i], number(results.compile_geomean(i)),
            number(results.code_geomean(i)));
    return text;
}

std::string size_summary(const Results& results) {
    std::string text;
    if (results.size.empty()) return text;
    for (std::size_t i = 0; i < results.engines.size(); ++i) {
        const double small = results.slowest_small_compile(i);
        const double insn = results.slowest_insn(i);
        text += fmt::format(
            "compile {}: at most {} us below {} instructions (bar {}{}), {} ns per instruction "
            "above (bar {}{})\n",
            results.engines[i], us(small), small_program, us(small_program_bar_ns),
            bar_verdict(small, small_program_bar_ns), number(insn), insn_bar_ns,
            bar_verdict(insn, insn_bar_ns));
    }
    return text;
}

std::string btf_summary(const Results& results) {
    std::string text;
    for (const BtfRow& row : results.btf)
        text += fmt::format("types of {}: {} us (bar {}{})\n", row.path, us(row.ours.ns.median),
                            us(btf_bar_ns), bar_verdict(row.ours.ns.median, btf_bar_ns));
    return text;
}

}  // namespace

std::string run_heading(const Results& results) {
    return heading("run", {{"native", {"ns"}},
                           {"ns", results.engines},
                           {"times native", results.engines},
                           {"worst", {"spread"}}});
}

std::string run_text(const RunRow& row) {
    std::vector<std::string> cells = {fmt::format("{:.0f}", row.native.ns.median)};
    for (const auto& engine : row.engines) cells.push_back(fmt::format("{:.0f}", engine.ns.median));
    double worst = row.native.ns.spread();
    for (const auto& engine : row.engines) {
        cells.push_back(number(engine.ratio.median));
        worst = std::max(worst, engine.ratio.spread());
    }
    cells.push_back(fmt::format("{:.0f}%", worst * 100));
    return line(row.program, cells);
}

std::string kernel_heading() {
    return heading("jit and kernel",
                   {{"ns", {"kernel", "jit"}}, {"times", {"kernel"}}, {"", {"spread"}}});
}

std::string kernel_text(const KernelRow& row) {
    if (!row.refusal.empty())
        return fmt::format("{:{}}  not measured: {}\n", row.program, name_width, row.refusal);
    return line(
        row.program,
        {fmt::format("{:.0f}", row.kernel.ns.median), fmt::format("{:.0f}", row.jit.ns.median),
         number(row.jit.ratio.median), fmt::format("{:.0f}%", row.jit.ratio.spread() * 100)});
}

std::string maps_heading() {
    return heading("maps", {{"", {"entries"}},
                            {"ns", {"kernel", "jit"}},
                            {"times", {"kernel"}},
                            {"", {"spread"}},
                            {"two threads", {"kernel", "jit"}}});
}

std::string maps_text(const MapRow& row) {
    return line(row.program, {fmt::format("{}", row.entries), number(row.kernel.ns.median),
                              number(row.jit.ns.median), number(row.jit.ratio.median),
                              fmt::format("{:.0f}%", row.jit.ratio.spread() * 100),
                              number(row.kernel_scaling), number(row.jit_scaling)});
}

std::string compile_heading(const Results& results) {
    return heading("load and compile", {{"", {"insns"}},
                                        {"load", {"us"}},
                                        {"compile us", results.engines},
                                        {"ns per instruction", results.engines},
                                        {"code bytes per BPF byte", results.engines}});
}

std::string compile_text(const CompileRow& row) {
    std::vector<std::string> cells = {fmt::format("{}", row.insns), us(row.load_ns)};
    add_compiled(row.insns, row.engines, cells);
    return line(row.program, cells);
}

std::string size_heading(const Results& results) {
    return heading("insns", {{"compile us", results.engines},
                             {"ns per instruction", results.engines},
                             {"code bytes per BPF byte", results.engines}});
}

std::string size_text(const SizeRow& row) {
    std::vector<std::string> cells;
    add_compiled(row.insns, row.engines, cells);
    return line(fmt::format("{}", row.insns), cells);
}

std::string btf_heading() {
    return heading("types", {{"", {"types"}}, {"us", {"bpftwin", "libbpf"}}, {"", {"spread"}}});
}

std::string btf_text(const BtfRow& row) {
    return line(row.path.substr(row.path.rfind('/') + 1),
                {fmt::format("{}", row.types), us(row.ours.ns.median),
                 row.libbpf ? us(row.libbpf->ns.median) : "-",
                 fmt::format("{:.0f}%", row.ours.ns.spread() * 100)});
}

std::string summary_text(const Results& results) {
    return compile_summary(results) + size_summary(results) + btf_summary(results) +
           run_summary(results) + kernel_summary(results) + maps_summary(results);
}

}  // namespace bpftwin::bench
