// "Did you mean …": the known names closest to one that is not known.
#pragma once

#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace bpftwin {

/// Names at most two edits away from `name` or containing it (or the reverse), nearest first.
std::vector<std::string_view> near_names(std::string_view name,
                                         std::span<const std::string_view> known);

/// "; did you mean a, b?" with the nearest few, or nothing where none is near.
std::string did_you_mean(std::string_view name, std::span<const std::string_view> known);

/// "did you mean a, b", or without near names what there is: "`all` a, b, c"; "`none`" of nothing.
std::string suggestion(std::string_view name, std::span<const std::string_view> known,
                       std::string_view all, std::string_view none);

}  // namespace bpftwin
