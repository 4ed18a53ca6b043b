// The kernel whose types an object is made ready for, as the command line names it.
#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "bpftwin/target.h"
#include "cli/options.h"

namespace bpftwin::cli {

/// Adds --btf to a command.
void add_btf_option(Options options, std::string& where);

/// The kernel that `where` names: a file with its types (raw BTF or an ELF object), "kernel" and
/// "vm:IMAGE" as for engines; nothing: the running one. Of a file nothing but types is known.
/// @param object decides what is asked of a kernel.
Result<Target> open_target(const ObjectSpec& object, const std::string& where);

/// Resolves what the object wants to know of a kernel. Where that kernel's types cannot be read,
/// programs that want to know something say so when they are to run.
/// @param where as for `open_target`.
/// @param types the kernel's types where they were read.
/// @return what became of the externs, or an Error where the kernel was chosen and cannot be read.
Result<std::vector<ExternOutcome>> make_ready(ObjectSpec& object, const std::string& where,
                                              std::shared_ptr<const Btf>& types);

/// Whether `where` names the kernel that runs here.
bool is_this_machine(std::string_view where);

}  // namespace bpftwin::cli
