#include "bench/machine.h"

#include <sys/utsname.h>

#include <chrono>
#include <ctime>
#include <fstream>
#include <thread>

#include "fmt/chrono.h"
#include "fmt/format.h"

namespace bpftwin::bench {
namespace {

/// "model name : AMD EPYC" of x86-64; arm64 kernels have no such line.
std::string cpu_model() {
    std::ifstream file("/proc/cpuinfo");
    for (std::string line; std::getline(file, line);)
        if (const std::size_t colon = line.find(": ");
            line.starts_with("model name") && colon != std::string::npos)
            return line.substr(colon + 2);
    return "unknown CPU";
}

std::string kernel() {
    utsname name{};
    if (uname(&name) != 0) return "unknown kernel";
    return fmt::format("{} {} {}", name.sysname, name.release, name.machine);
}

}  // namespace

Machine this_machine() {
    return {cpu_model(), std::thread::hardware_concurrency(),
            kernel(),    BENCH_COMPILER,
            BENCH_CLANG, fmt::format("{:%Y-%m-%dT%H:%M:%SZ}", fmt::gmtime(std::time(nullptr)))};
}

}  // namespace bpftwin::bench
