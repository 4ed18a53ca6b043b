// The kernel's trace: what bpf_trace_printk wrote.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "bpftwin/error.h"

namespace bpftwin::kernel {

/// One line of tracefs' `trace` (Documentation/trace/ftrace.rst, "latency format" off).
struct TraceLine {
    int pid;         ///< Of the thread.
    double seconds;  ///< Since boot.
    std::string_view text;
};

/// A line that bpf_trace_printk wrote, or nothing for another one.
std::optional<TraceLine> trace_line(std::string_view line);

/// All that programs wrote. A text with line breaks in it takes several lines of the trace.
std::vector<TraceLine> trace_lines(std::string_view trace);

/// The lines that programs wrote which the calling thread ran. Reading does not take them from
/// anybody else: it is not `trace_pipe` that is read. tracefs need not be mounted; it is not
/// mounted for others.
class Trace {
public:
    Trace() = default;
    Trace(const Trace&) = delete;
    Trace& operator=(const Trace&) = delete;
    ~Trace();

    /// The lines since the thread's last call, without what the kernel puts in front of them.
    Result<std::vector<std::string>> take();

private:
    Result<int> folder();

    int folder_ = -1;
    std::map<int, double> last_;  ///< By thread: time of the last line that it took.
};

}  // namespace bpftwin::kernel
