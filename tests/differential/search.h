// Compares two engines on many cases, in several processes, until they differ.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>

#include "tests/support/engines.h"

namespace bpftwin::differential {

struct SearchOptions {
    test::EngineCase engine;
    test::EngineCase against;
    std::uint64_t first_seed = 1;
    std::uint64_t programs = 0;  ///< How many are enough; 0: no limit.
    double seconds = 0;          ///< How long is enough; 0: no limit.
    unsigned jobs = 1;
    double seconds_per_case = 60;  ///< After that an engine counts as hung.
};

struct SearchResult {
    std::uint64_t programs = 0;
    std::uint64_t instructions = 0;  ///< In all programs together.
    std::uint64_t cases = 0;
    double seconds = 0;
    std::optional<std::uint64_t> failed_seed;
    std::string failure;  ///< What happened there, unless the engines just differ.
};

/// @param progress is called a few times a second with what was done so far; false ends the search.
SearchResult search(const SearchOptions& options,
                    const std::function<bool(const SearchResult&)>& progress);

}  // namespace bpftwin::differential
