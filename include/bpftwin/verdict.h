// What a verifier says of a program.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

namespace bpftwin {

struct Explanation;

/// The answers to a program.
enum class Answer : std::uint8_t {
    accepted,
    rejected,      ///< By the verifier, which says why.
    unsupported,   ///< It uses what this verifier does not know yet, and which the reason names.
    not_loadable,  ///< Something before the verifier is missing: privilege, a map, a kernel's type.
};
std::string_view name_of(Answer answer);

/// A verifier's answer and how it came to it. The numbers are those of the log's last line, 0 where
/// the log has none (log level 0, or an answer before the first instruction was looked at).
struct Verdict {
    Answer answer = Answer::not_loadable;
    int error = 0;       ///< errno of the load; 0: accepted.
    std::string reason;  ///< Rejected: the log's line that says why; not loadable: what is missing.
    std::string log;     ///< As the verifier wrote it.
    bool log_complete = true;       ///< False: the log was longer than there was room for.
    std::uint64_t insns = 0;        ///< Instructions looked at, each as often as it was.
    std::uint64_t states = 0;       ///< States stored over all (`total_states`).
    std::uint64_t peak_states = 0;  ///< At most at once.
    std::uint64_t duration_us = 0;  ///< Of the verification.
    /// Accepted by ours: whether it reads by pointers into a kernel, which a process has no memory
    /// for, so that only an engine that minds such reads may run it.
    bool reads_kernel = false;
    /// Rejected by ours: how the program came there; null where no path was followed.
    std::shared_ptr<const Explanation> explanation = nullptr;
};

/// Fills reason and numbers from `log` (print_verification_stats in kernel/bpf/verifier.c).
void read_log(Verdict& verdict);

}  // namespace bpftwin
