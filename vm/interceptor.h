// Stands between a program and the helpers and kernel functions that it calls: mocks, faults and
// the log of one run. A run without any of them has no interceptor.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string_view>
#include <vector>

#include "bpftwin/error.h"
#include "bpftwin/run.h"
#include "helpers/implementation.h"

namespace bpftwin {

/// What a call instruction calls.
struct Callee {
    std::string_view name;                 ///< As in `Mock`.
    HelperFunction function = nullptr;     ///< Null: not implemented here.
    std::optional<std::uint64_t> failure;  ///< r0 of a call that fails; nothing: it cannot.
    unsigned arguments = 5;                ///< How many registers it looks at.
};

/// The helper of that number; without a name where there is none.
Callee helper_callee(std::uint32_t id);
/// The kernel function of that name.
Callee kfunc_callee(std::string_view name);

/// Whether a run has to be intercepted.
bool is_intercepted(const RunInput& input);

/// One run's mocks, faults and log.
class Interceptor {
public:
    /// @param input must outlive it.
    /// @return an Error for a function that is neither a helper nor a kernel function of the
    /// program, or a fault of one that does not say how it fails.
    static Result<Interceptor> create(const RunInput& input,
                                      const std::vector<std::string>& kfuncs);

    /// Notes a call. @return r0 where a mock or fault answers in the function's place.
    std::optional<std::uint64_t> begin(const Callee& callee,
                                       const std::array<std::uint64_t, 5>& args);
    /// The real function's answer to the call that `begin` noted as `number`.
    void finish(std::uint64_t number, std::uint64_t result);
    /// Number of the call that `begin` noted last.
    [[nodiscard]] std::uint64_t number() const { return count_ - 1; }

    /// The whole of a call: `begin`, and the function unless it is replaced, which stops the
    /// program where it is not implemented.
    std::uint64_t call(Runtime& runtime, const Callee& callee,
                       const std::array<std::uint64_t, 5>& args);

    [[nodiscard]] std::vector<CallRecord>& calls() { return calls_; }
    [[nodiscard]] std::uint64_t calls_that_can_fail() const { return can_fail_; }

private:
    explicit Interceptor(const RunInput& input) : input_(&input) {}
    std::optional<std::uint64_t> mocked(const CallRecord& call, std::uint64_t count);
    [[nodiscard]] std::optional<std::uint64_t> faulted(const Callee& callee,
                                                       std::uint64_t count) const;

    const RunInput* input_;
    std::vector<CallRecord> calls_;
    std::map<std::string_view, std::uint64_t, std::less<>> counts_;  ///< Calls by function.
    std::uint64_t count_ = 0;
    std::uint64_t can_fail_ = 0;
};

}  // namespace bpftwin
