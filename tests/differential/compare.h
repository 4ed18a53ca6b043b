// Runs a case on two engines and says where they differ.
#pragma once

#include <memory>
#include <optional>
#include <string>

#include "tests/differential/program_generator.h"
#include "tests/support/engines.h"

namespace bpftwin::differential {

/// One engine with its options.
class Contender {
public:
    Contender(std::string name, std::unique_ptr<Engine> engine, const EngineOptions& options);
    explicit Contender(const test::EngineCase& engine);

    [[nodiscard]] const std::string& name() const { return name_; }
    /// An instance of the case's object; an Error is the engine's refusal.
    [[nodiscard]] Result<std::unique_ptr<Instance>> instantiate(const Case& of) const;

private:
    std::string name_;
    std::unique_ptr<Engine> engine_;
    EngineOptions options_;
};

/// Where two engines do not give the same.
struct Difference {
    std::size_t run = 0;  ///< Index in `Case::runs`.
    std::string what;     ///< One line for each field: "return value: 1, 2".
};

/// What is not the same in two results, a line for each field; empty if all is. Times are not
/// looked at, instructions only where both count them.
std::string difference(const RunResult& a, const RunResult& b);

/// Runs the case on both until they differ.
std::optional<Difference> compare(const Contender& a, const Contender& b, const Case& of);

}  // namespace bpftwin::differential
