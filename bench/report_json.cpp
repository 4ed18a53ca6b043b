#include "bench/report.h"
#include "nlohmann/json.hpp"

namespace bpftwin::bench {
namespace {

using Json = nlohmann::ordered_json;

Json machine_json(const Machine& machine) {
    return {{"cpu", machine.cpu},           {"cpus", machine.cpus},   {"kernel", machine.kernel},
            {"compiler", machine.compiler}, {"clang", machine.clang}, {"date", machine.date}};
}

Json summary_json(const compare::Summary& summary) {
    return {{"median", summary.median}, {"lower", summary.lower}, {"upper", summary.upper}};
}

Json measurement_json(const compare::Measurement& measured) {
    return {{"ns", summary_json(measured.ns)},
            {"ratio", summary_json(measured.ratio)},
            {"runs_per_sample", measured.repeat}};
}

Json compiled_json(const Compiled& compiled) {
    return {{"compile_ns", compiled.compile_ns},
            {"instantiate_ns", compiled.instantiate_ns},
            {"code_bytes", compiled.code_bytes}};
}

/// An object with one member per engine.
template <class Row, class ToJson>
Json by_engine(const Results& results, const Row& row, ToJson to_json) {
    Json json = Json::object();
    for (std::size_t i = 0; i < results.engines.size(); ++i)
        json[results.engines[i]] = to_json(row.engines[i]);
    return json;
}

Json geomeans_json(const Results& results) {
    Json json = Json::object();
    if (!results.run.empty())
        for (std::size_t i = 0; i < results.engines.size(); ++i)
            json[results.engines[i] + "/native"] = results.run_geomean(i);
    if (!results.maps.empty()) json["maps jit/kernel"] = results.maps_geomean();
    if (results.has_kernel()) json["jit/kernel"] = results.kernel_geomean();
    return json;
}

Json run_json(const Results& results, const RunRow& row) {
    return {{"program", row.program},
            {"native", measurement_json(row.native)},
            {"engines", by_engine(results, row, measurement_json)}};
}

Json kernel_json(const KernelRow& row) {
    Json json = {{"program", row.program}};
    if (row.refusal.empty())
        json["engines"] = {{"kernel", measurement_json(row.kernel)},
                           {"jit", measurement_json(row.jit)}};
    else
        json["refusal"] = row.refusal;
    return json;
}

Json map_json(const MapRow& row) {
    return {
        {"program", row.program},
        {"entries", row.entries},
        {"engines", {{"kernel", measurement_json(row.kernel)}, {"jit", measurement_json(row.jit)}}},
        {"two_threads", {{"kernel", row.kernel_scaling}, {"jit", row.jit_scaling}}}};
}

Json compile_json(const Results& results, const CompileRow& row) {
    return {{"program", row.program},
            {"elf_bytes", row.elf_bytes},
            {"insns", row.insns},
            {"load_ns", row.load_ns},
            {"engines", by_engine(results, row, compiled_json)}};
}

Json size_json(const Results& results, const SizeRow& row) {
    return {{"insns", row.insns}, {"engines", by_engine(results, row, compiled_json)}};
}

Json btf_json(const BtfRow& row) {
    return {{"path", row.path},
            {"bytes", row.bytes},
            {"types", row.types},
            {"bpftwin", measurement_json(row.ours)},
            {"libbpf", row.libbpf ? measurement_json(*row.libbpf) : Json()}};
}

}  // namespace

std::string json_text(const Results& results) {
    Json json = {{"machine", machine_json(results.machine)}, {"quick", results.quick}};
    json["geomean"] = geomeans_json(results);
    json["run"] = json["kernel"] = json["maps"] = json["compile"] = json["size"] = json["btf"] =
        json["failures"] = Json::array();
    for (const RunRow& row : results.run) json["run"].push_back(run_json(results, row));
    for (const KernelRow& row : results.kernel) json["kernel"].push_back(kernel_json(row));
    for (const MapRow& row : results.maps) json["maps"].push_back(map_json(row));
    if (!results.no_kernel.empty()) json["no_kernel"] = results.no_kernel;
    for (const CompileRow& row : results.compile)
        json["compile"].push_back(compile_json(results, row));
    for (const SizeRow& row : results.size) json["size"].push_back(size_json(results, row));
    for (const BtfRow& row : results.btf) json["btf"].push_back(btf_json(row));
    for (const Failure& failure : results.failures)
        json["failures"].push_back({{"what", failure.what}, {"reason", failure.reason}});
    return json.dump(2, ' ', false, Json::error_handler_t::replace) + '\n';
}

}  // namespace bpftwin::bench
