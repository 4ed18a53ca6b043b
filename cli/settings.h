// `--set MAP KEY VALUE`: what maps and globals hold before a program runs.
#pragma once

#include <span>
#include <string>
#include <tuple>
#include <vector>

#include "bpftwin/engine.h"
#include "bpftwin/error.h"
#include "bpftwin/spec.h"

namespace bpftwin::cli {

/// One `--set`: map, key and value as given.
using Setting = std::tuple<std::string, std::string, std::string>;

/// Applies the settings that belong into the definition, so that they hold for read-only data too:
/// a variable of a data section (`.rodata limit 3`), a program of a prog_array (`jump 0 handler`),
/// an inner map.
/// @return the others, for `store_settings`; an Error for a map, variable or value that is wrong.
Result<std::vector<Setting>> edit_definition(ObjectSpec& object, std::span<const Setting> settings);

/// Stores keys and values in the maps of an instance, as user space would.
Result<void> store_settings(Instance& instance, const ObjectSpec& object,
                            std::span<const Setting> settings);

}  // namespace bpftwin::cli
