// Results as text, JSON and a page to look at.
#pragma once

#include <string>

#include "bench/results.h"

namespace bpftwin::bench {

// Text comes in rows as they are measured; each heading names the columns of the rows below it.
std::string run_heading(const Results& results);
std::string run_text(const RunRow& row);
std::string kernel_heading();
std::string kernel_text(const KernelRow& row);
std::string maps_heading();
std::string maps_text(const MapRow& row);
std::string compile_heading(const Results& results);
std::string compile_text(const CompileRow& row);
std::string size_heading(const Results& results);
std::string size_text(const SizeRow& row);
std::string btf_heading();
std::string btf_text(const BtfRow& row);
/// What all rows say together; the last lines are "geomean interp/native 14.2".
std::string summary_text(const Results& results);

/// bench/README.md lists the names.
std::string json_text(const Results& results);

/// One HTML document with inline SVG that needs nothing else.
std::string html_text(const Results& results);

}  // namespace bpftwin::bench
