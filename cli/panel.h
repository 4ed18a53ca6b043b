// Programs put to verifiers: what `bpftwin verify` and `bpftwin corpus` share.
#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "bpftwin/kernel.h"
#include "cli/object.h"
#include "cli/verdicts.h"

namespace bpftwin::cli {

/// Programs of an object on which verdicts are wanted.
struct Question {
    std::string file;  ///< Without folders, as veristat has it.
    ObjectSpec object;
    std::vector<std::string> programs;
};

/// Opens an object and asks about one program of it, or with an empty name about all but those
/// that --no-autoload leaves out.
Result<Question> open_question(const ObjectArguments& from, const std::string& program = {});

/// Verifiers that are asked in turn: the first that can load a program decides.
class Panel {
public:
    struct Member {
        std::string name;  ///< As `compare::make_judge` takes it.
        std::unique_ptr<Judge> judge;
    };
    explicit Panel(std::vector<Member> members) : members_(std::move(members)) {}

    /// The name of the one that is asked first.
    [[nodiscard]] const std::string& name() const { return members_.front().name; }
    /// Of all of them: "6.18.5, 6.12.117".
    [[nodiscard]] std::string releases() const;

    /// A verdict per program, in the question's order.
    /// @param log_level as of `Judge::judge`.
    /// @return an Error where one of them cannot be asked. A machine that did not answer is then
    /// started again.
    Result<std::vector<Judged>> judge(const Question& question, std::uint32_t log_level);

private:
    std::vector<Member> members_;
};

/// The verifiers of these names, at least one.
/// @param option in front of what is wrong with a name: "--engine".
Result<Panel> make_panel(std::span<const std::string> names, const std::string& option);

/// Adds --engine, the name of a verifier.
void add_verifier_option(Options options, std::string& name);

}  // namespace bpftwin::cli
