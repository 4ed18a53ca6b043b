// `--global`, `--map-size`, `--autoload`, `--device-bound`: how an object is changed before it is
// loaded.
#pragma once

#include <string>
#include <vector>

#include "bpftwin/edit.h"
#include "cli/options.h"

namespace bpftwin::cli {

/// The options as given, in order.
struct EditArguments {
    std::vector<std::string> globals;  ///< "NAME=VALUE".
    std::vector<std::string> sizes;    ///< "MAP=N".
    std::vector<std::string> autoload, no_autoload;
    std::vector<std::string> device_bound;
};

void add_edit_options(Options options, EditArguments& arguments);

/// Changes the object as the options say; sizes first, so that values fit into arrays that grew.
/// @return an Error that begins with the option at fault.
Result<void> apply_edits(ObjectSpec& object, const EditArguments& arguments);

}  // namespace bpftwin::cli
