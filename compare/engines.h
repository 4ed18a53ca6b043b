// Which engines there are: the one list from which commands and benchmarks choose by name.
#pragma once

#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "bpftwin/engine.h"

namespace bpftwin::compare {

/// The engine of that name ("interp", "vm:6.12"), or an Error that lists the known ones or says
/// what a kernel lacks.
Result<std::unique_ptr<Engine>> make_engine(std::string_view name);

/// Names that `make_engine` knows.
std::vector<std::string_view> engine_names();

/// Whether the name is that of a kernel, which verifies programs before it runs them.
bool is_kernel(std::string_view name);

/// An engine and the safety it runs with, as one side of a comparison.
struct Contender {
    std::string name;
    std::unique_ptr<Engine> engine;
    Safety safety = Safety::unsafe;

    /// @param cpus as `EngineOptions::cpu_count`.
    [[nodiscard]] Result<std::unique_ptr<Instance>> instantiate(const ObjectSpec& object,
                                                                EngineOptions options = {}) const;
};

/// The contender of that name, or an Error that lists the known ones: every engine by its name
/// without checks, and "checked", the interpreter with them.
Result<Contender> make_contender(std::string_view name);

/// Several at once. An Error where a name is unknown or there twice.
Result<std::vector<Contender>> make_contenders(std::span<const std::string> names);

/// Names of the contenders that every process has.
std::vector<std::string> contender_names();

}  // namespace bpftwin::compare
