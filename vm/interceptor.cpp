#include "vm/interceptor.h"

#include <algorithm>
#include <cerrno>

#include "btf/near_names.h"
#include "fmt/format.h"
#include "helpers/kfuncs.h"
#include "helpers/prototype.h"
#include "vm/runtime.h"

namespace bpftwin {
namespace {

constexpr std::size_t longest_log = 65536;

Result<void> check_function(const std::string& name, const std::vector<std::string>& kfuncs) {
    if (helper_named(name) || std::ranges::find(kfuncs, name) != kfuncs.end()) return {};
    std::vector<std::string_view> known(kfuncs.begin(), kfuncs.end());
    for (const Helper& helper : helper_table()) known.push_back(helper.name);
    return fail(fmt::format("'{}' is neither a helper nor a kernel function that the object "
                            "calls{}",
                            name, did_you_mean(name, known)),
                EINVAL);
}

Result<void> check_fault(const Fault& fault, const std::vector<std::string>& kfuncs) {
    if (fault.call == 0) return fail("calls are counted from 1", EINVAL);
    if (fault.function.empty()) return {};
    if (auto known = check_function(fault.function, kfuncs); !known) return known;
    const Helper* helper = helper_named(fault.function);
    const Callee callee = helper ? helper_callee(helper->id) : kfunc_callee(fault.function);
    if (fault.result || callee.failure) return {};
    return fail(fmt::format("{} has no documented failure; say which value it gives", callee.name),
                EINVAL);
}

}  // namespace

Callee helper_callee(std::uint32_t id) {
    const Helper* helper = helper_by_id(id);
    if (!helper) return {};
    unsigned arguments = 0;
    for (unsigned i = 0; i < helper->args.size(); ++i)
        if (helper->args[i].type != ArgType::none) arguments = i + 1;
    // What their prototypes do not name.
    if (helper->name == "trace_printk") arguments = 5;
    if (helper->name == "get_branch_snapshot") arguments = 3;
    return {helper->name, helper_function(id), failure_of(*helper), arguments};
}

Callee kfunc_callee(std::string_view name) {
    const Kfunc* kfunc = kfunc_named(name);
    if (!kfunc) return {name, nullptr, std::nullopt};
    return {name, kfunc->function, kfunc->can_fail ? std::optional(kfunc->failure) : std::nullopt};
}

bool is_intercepted(const RunInput& input) {
    return !input.mocks.empty() || !input.faults.empty() || input.want_calls;
}

Result<Interceptor> Interceptor::create(const RunInput& input,
                                        const std::vector<std::string>& kfuncs) {
    for (const Mock& mock : input.mocks) {
        if (auto known = check_function(mock.function, kfuncs); !known)
            return std::unexpected(known.error().in("mock"));
        if (mock.values.empty() && !mock.answer)
            return fail(fmt::format("mock: {} has no value", mock.function), EINVAL);
    }
    for (const Fault& fault : input.faults)
        if (auto known = check_fault(fault, kfuncs); !known)
            return std::unexpected(known.error().in("fault"));
    return Interceptor(input);
}

std::optional<std::uint64_t> Interceptor::mocked(const CallRecord& call, std::uint64_t count) {
    const auto mock = std::ranges::find(input_->mocks, call.function, &Mock::function);
    if (mock == input_->mocks.end()) return std::nullopt;
    if (mock->answer) return mock->answer(call);
    return mock->values[std::min<std::size_t>(count, mock->values.size()) - 1];
}

std::optional<std::uint64_t> Interceptor::faulted(const Callee& callee, std::uint64_t count) const {
    for (const Fault& fault : input_->faults) {
        const bool any = fault.function.empty();
        if (any ? !callee.failure || fault.call != can_fail_
                : fault.function != callee.name || fault.call != count)
            continue;
        if (fault.result) return static_cast<std::uint64_t>(*fault.result);
        return callee.failure;
    }
    return std::nullopt;
}

std::optional<std::uint64_t> Interceptor::begin(const Callee& callee,
                                                const std::array<std::uint64_t, 5>& args) {
    const std::uint64_t count = ++counts_[callee.name];
    if (callee.failure) ++can_fail_;
    CallRecord record{.function = std::string(callee.name), .args = args};
    std::fill(record.args.begin() + callee.arguments, record.args.end(), 0);
    auto result = mocked(record, count);
    if (!result) result = faulted(callee, count);
    record.result = result.value_or(0);
    record.replaced = result.has_value();
    ++count_;
    if (calls_.size() < longest_log) calls_.push_back(std::move(record));
    return result;
}

void Interceptor::finish(std::uint64_t number, std::uint64_t result) {
    if (number < calls_.size()) calls_[number].result = result;
}

std::uint64_t Interceptor::call(Runtime& runtime, const Callee& callee,
                                const std::array<std::uint64_t, 5>& args) {
    if (const auto result = begin(callee, args)) return *result;
    if (!callee.function) {
        runtime.stop({.kind = TrapKind::bad_call,
                      .reason = fmt::format("{} is not implemented", callee.name)});
        return 0;
    }
    const std::uint64_t this_call = number();
    const std::uint64_t result =
        callee.function(runtime, args[0], args[1], args[2], args[3], args[4]);
    finish(this_call, result);
    return result;
}

}  // namespace bpftwin
