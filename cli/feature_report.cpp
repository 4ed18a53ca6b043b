#include "cli/feature_report.h"

#include <algorithm>

#include "cli/table.h"
#include "fmt/format.h"

namespace bpftwin::cli {
namespace {

// Colour is not counted as width: what is painted stands in the last column.
std::string answer_text(const Result<bool>& present, Style style) {
    if (!present) return style.bad("?") + "  " + present.error().message;
    return *present ? style.good("yes") : style.bad("no");
}

std::string summary(const FeatureGroup& group) {
    const auto has = [](const Feature& feature) { return feature.present.value_or(false); };
    const auto unknown = [](const Feature& feature) { return !feature.present; };
    std::string text =
        fmt::format("{} of {}", std::ranges::count_if(group.features, has), group.features.size());
    if (const auto count = std::ranges::count_if(group.features, unknown); count != 0)
        text += fmt::format(", {} unknown", count);
    return text;
}

Json feature_json(const Feature& feature) {
    return {{"name", feature.name},
            {"since", feature.since},
            {"present", feature.present ? Json(*feature.present) : Json()},
            {"reason", feature.present ? Json() : Json(feature.present.error().message)}};
}

}  // namespace

std::string features_text(std::string_view release, const std::vector<FeatureGroup>& groups,
                          Style style) {
    std::string text = fmt::format("kernel {}\n", release);
    for (const FeatureGroup& group : groups) {
        text += fmt::format("{}: {}\n", style.bold(group.title), summary(group));
        Table table;
        for (const Feature& feature : group.features)
            table.add(
                {feature.name, std::string(feature.since), answer_text(feature.present, style)});
        text += table.text("  ");
    }
    return text;
}

Json features_json(std::string_view release, const std::vector<FeatureGroup>& groups) {
    Json json{{"kernel", release}};
    for (const FeatureGroup& group : groups) {
        Json list = Json::array();
        for (const Feature& feature : group.features) list.push_back(feature_json(feature));
        json[std::string(group.key)] = std::move(list);
    }
    return json;
}

}  // namespace bpftwin::cli
