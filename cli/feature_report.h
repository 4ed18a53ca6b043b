// What `bpftwin features` shows.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "bpftwin/error.h"
#include "cli/json.h"
#include "cli/terminal.h"

namespace bpftwin::cli {

/// Something that a kernel may have.
struct Feature {
    std::string name;
    std::string_view since;  ///< First kernel with it.
    Result<bool> present;    ///< An Error where the kernel could not be asked.
};

struct FeatureGroup {
    std::string_view key;  ///< In JSON.
    std::string title;
    std::vector<Feature> features;
};

std::string features_text(std::string_view release, const std::vector<FeatureGroup>& groups,
                          Style style);
Json features_json(std::string_view release, const std::vector<FeatureGroup>& groups);

}  // namespace bpftwin::cli
