// Numbers as text: as a kernel's verifier prints them, read back (kernel/bpf/log.c:
// print_verifier_state), and for messages.
#pragma once

#include <array>
#include <map>
#include <optional>
#include <string>
#include <string_view>

#include "verifier/scalar.h"

namespace bpftwin::test {

/// By register; nothing: it was not printed, or is no number.
using PrintedRegs = std::array<std::optional<verifier::Scalar>, 11>;

/// States of a log of level 2, by instruction.
struct PrintedStates {
    std::map<unsigned, PrintedRegs> after;  ///< Where control did not jump.
    std::map<unsigned, PrintedRegs> taken;  ///< Where it did.
};

PrintedStates read_states(std::string_view log);

/// All facts, for messages of failed tests.
std::string text_of(const verifier::Scalar& scalar);

}  // namespace bpftwin::test
