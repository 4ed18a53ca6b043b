#include "bench/results.h"

#include <algorithm>
#include <cmath>

#include "bpftwin/insn.h"

namespace bpftwin::bench {
namespace {

template <class Rows, class Value>
double geomean(const Rows& rows, Value value) {
    double sum = 0;
    for (const auto& row : rows) sum += std::log(value(row));
    return std::exp(sum / static_cast<double>(rows.size()));
}

}  // namespace

double per_insn(double ns, std::size_t insns) { return ns / static_cast<double>(insns); }

double code_ratio(std::size_t bytes, std::size_t insns) {
    return static_cast<double>(bytes) / static_cast<double>(insns * sizeof(Insn));
}

double Results::run_geomean(std::size_t engine) const {
    return geomean(run, [&](const RunRow& row) { return row.engines[engine].ratio.median; });
}

double Results::kernel_geomean() const {
    std::vector<KernelRow> taken;
    std::ranges::copy_if(kernel, std::back_inserter(taken),
                         [](const KernelRow& row) { return row.refusal.empty(); });
    return geomean(taken, [](const KernelRow& row) { return row.jit.ratio.median; });
}

bool Results::has_kernel() const {
    return std::ranges::any_of(kernel, [](const KernelRow& row) { return row.refusal.empty(); });
}

double Results::maps_geomean() const {
    return geomean(maps, [](const MapRow& row) { return row.jit.ratio.median; });
}

double Results::maps_worst() const {
    double most = 0;
    for (const MapRow& row : maps) most = std::max(most, row.jit.ratio.median);
    return most;
}

double Results::compile_geomean(std::size_t engine) const {
    return geomean(compile, [&](const CompileRow& row) {
        return per_insn(row.engines[engine].compile_ns, row.insns);
    });
}

double Results::code_geomean(std::size_t engine) const {
    return geomean(compile, [&](const CompileRow& row) {
        return code_ratio(row.engines[engine].code_bytes, row.insns);
    });
}

double Results::slowest_small_compile(std::size_t engine) const {
    double most = 0;
    for (const SizeRow& row : size)
        if (row.insns < small_program) most = std::max(most, row.engines[engine].compile_ns);
    return most;
}

double Results::slowest_insn(std::size_t engine) const {
    double most = 0;
    for (const SizeRow& row : size)
        if (row.insns >= small_program)
            most = std::max(most, per_insn(row.engines[engine].compile_ns, row.insns));
    return most;
}

}  // namespace bpftwin::bench
