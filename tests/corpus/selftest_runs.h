// One program of the kernel's selftests on the engines of this process and on this machine's
// kernel, from the same input.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>

#include "bpftwin/spec.h"
#include "compare/engines.h"
#include "tests/corpus/annotations.h"

namespace bpftwin::test {

/// What became of a program.
enum class Outcome : std::uint8_t {
    agrees,
    disagrees,
    left_out,  ///< It says nothing of the engines.
};

struct Finding {
    Outcome outcome = Outcome::agrees;
    std::string text = {};  ///< What disagrees, or why it was left out.
};

/// Runs programs of one object as the selftests' test_loader.c does: each in maps of its own, on a
/// packet of zeros. Nothing is attached.
class SelftestRuns {
public:
    /// @param kernel this machine's; must outlive this.
    /// @param object as it was read, with types.
    SelftestRuns(const compare::Contender& kernel, const ObjectSpec& object);

    /// A program that says what it returns, held against that.
    /// @param expected the lower half of r0; nothing: any is right.
    [[nodiscard]] Finding held_against(const std::string& program,
                                       std::optional<std::uint32_t> expected) const;
    /// A program of which only the kernel says what it does: result and packet are compared.
    [[nodiscard]] Finding compared(const std::string& program) const;

    [[nodiscard]] const std::map<std::string, Annotations>& annotations() const {
        return annotations_;
    }

private:
    /// Why a program cannot be asked for its result; empty: it can.
    [[nodiscard]] std::string obstacle(const std::string& program) const;
    [[nodiscard]] ObjectSpec only(const ObjectSpec& object, const std::string& program) const;
    [[nodiscard]] Result<RunResult> run(const compare::Contender& engine,
                                        const std::string& program, const World& world) const;

    const compare::Contender& kernel_;
    compare::Contender checked_, jit_;
    ObjectSpec object_;  ///< As a kernel's engine takes it.
    ObjectSpec ready_;   ///< Made ready for this process.
    std::map<std::string, Annotations> annotations_;
};

}  // namespace bpftwin::test
