// The kernel whose types an object is made ready for, as the command line names it.
#pragma once

#include <string>
#include <vector>

#include "bpftwin/target.h"
#include "cli/options.h"

namespace bpftwin::cli {

/// Where types come from that nobody chose.
inline constexpr std::string_view running_types = "/sys/kernel/btf/vmlinux";

/// Adds --btf to a command.
void add_btf_option(Options options, std::string& path);

/// The kernel that has the types of that file, raw BTF or an ELF object; without a path the running
/// one.
Result<Target> open_target(const std::string& path);

/// Resolves what the object wants to know of a kernel. Where that kernel's types cannot be read,
/// programs that want to know something say so when they are to run.
/// @param path as for `open_target`; the configuration and the addresses of another kernel than the
/// running one are not known.
/// @return what became of the externs, or an Error where the path was given and cannot be read.
Result<std::vector<ExternOutcome>> make_ready(ObjectSpec& object, const std::string& path);

}  // namespace bpftwin::cli
