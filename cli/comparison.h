// One program on several engines, every effect compared with the first engine's.
#pragma once

#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "bpftwin/engine.h"
#include "cli/clearance.h"
#include "cli/options.h"
#include "cli/settings.h"
#include "compare/difference.h"
#include "compare/engines.h"

namespace bpftwin::cli {

/// The engine that the others are compared with. A program that nobody verified must not do harm:
/// it checks every access, and the others run only what it ran to the end.
inline constexpr std::string_view reference = "interp";

/// An engine, made once for any number of objects.
struct Competitor {
    std::string name;
    std::optional<compare::Contender> contender;
    std::string absent = {};  ///< Why there is none, or empty.
};

/// Adds --engines to a command.
void add_engines_option(Options options, std::vector<std::string>& names);

/// The reference and those of these names; without names the JIT and this machine's kernel.
std::vector<Competitor> make_competitors(std::span<const std::string> names);

/// One engine's results of one run, compared with the reference's.
struct EngineRun {
    /// Why the engine did not run it, or empty.
    std::string refused = {};
    bool absent = false;      ///< It takes no part at all, which is said once.
    bool unverified = false;  ///< Because it runs only what was accepted.
    bool failed =
        false;  ///< It should have run it: it rejected the program, or is no longer there.
    std::vector<compare::Finding> findings = {};
};

/// One run: a packet, or the only one.
struct ComparedRun {
    std::uint64_t number = 1;
    RunResult expected;              ///< Of the reference.
    std::vector<EngineRun> engines;  ///< The others, in their order.
};

/// What all runs have in common.
struct ComparisonPlan {
    const ObjectSpec& object;
    const ProgramSpec& program;
    std::span<const Setting> settings;
    std::uint32_t cpus = 0;  ///< As `EngineOptions::cpu_count`.
    /// Whether the world is one that no kernel has, so that its task is not comparable either.
    bool invented = false;
    /// What our verifier said of the program: engines of this process without checks run what was
    /// cleared.
    Cleared cleared = {};
    /// As `EngineOptions::kernel_types`.
    std::shared_ptr<const Btf> kernel_types = {};
};

/// An object on all engines.
class Comparison {
public:
    /// @param competitors the reference first; they must outlive the result.
    /// @return an Error where the reference does not take the object.
    static Result<Comparison> create(const ComparisonPlan& plan,
                                     std::span<const Competitor> competitors);

    /// Runs the program everywhere on the same input.
    /// @return an Error where the reference cannot run it.
    Result<ComparedRun> run(const RunInput& input);

    /// Why an engine takes no part, by the competitors' order; null: it does.
    [[nodiscard]] const Error* absent(std::size_t engine) const {
        return sides_[engine].absent ? &*sides_[engine].absent : nullptr;
    }
    /// What the engine's verifier said, or "-" for engines without.
    [[nodiscard]] std::string verdict(std::size_t engine) const;
    [[nodiscard]] Instance& first() { return *sides_.front().instance; }

private:
    /// Maps and programs on one engine, or why there are none.
    struct Side {
        std::string name;
        std::unique_ptr<Instance> instance;
        std::optional<Error> absent;
    };

    explicit Comparison(const ComparisonPlan& plan) : plan_(plan) {}
    [[nodiscard]] Side make_side(const Competitor& competitor) const;
    EngineRun compared(const Side& side, const RunInput& input, const RunResult& expected,
                       const RunResult& varied) const;

    ComparisonPlan plan_;
    std::vector<Side> sides_;
    Side varied_;  ///< The reference in another world.
};

}  // namespace bpftwin::cli
