// Values of a kernel's configuration as the command line gives them.
#pragma once

#include <string>
#include <vector>

#include "bpftwin/error.h"
#include "bpftwin/spec.h"
#include "bpftwin/target.h"
#include "cli/options.h"

namespace bpftwin::cli {

/// Values that count before those of the kernel that an object is made ready for.
struct KconfigArguments {
    std::vector<std::string> values;  ///< "CONFIG_HZ=250".
    std::string file;                 ///< A configuration, plain or packed; empty: none.
};

/// Adds --kconfig and --kconfig-file to a command.
void add_kconfig_options(Options options, KconfigArguments& arguments);

/// Gives the object the values.
/// @return an Error for a value without a name that programs can ask for, or a file that cannot be
/// read.
Result<void> set_kconfig(ObjectSpec& object, const KconfigArguments& arguments);

/// Whether the given values were taken.
/// @return an Error for a value that the object does not ask for, or that does not fit the
/// variable.
Result<void> check_kconfig(const KconfigArguments& arguments, const ObjectSpec& object,
                           const std::vector<ExternOutcome>& outcomes);

}  // namespace bpftwin::cli
