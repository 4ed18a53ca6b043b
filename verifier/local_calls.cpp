// Calls of the program's own functions, and returns from them (kernel: check_func_call,
// prepare_func_exit, check_max_stack_depth).
#include <algorithm>

#include "btf/btf.h"
#include "verifier/analysis.h"
#include "verifier/btf_info.h"

namespace bpftwin::verifier {

std::string Analysis::name_of(std::uint32_t subprogram) const {
    const BtfType* function = function_type(object_, program_, subprogram);
    return function ? std::string(function->name) : std::string();
}

const FunctionArguments& Analysis::arguments_of(std::uint32_t subprogram) {
    auto& found = arguments_[subprogram];
    if (!found) {
        const std::uint32_t type =
            subprogram < program_.func_info.size() ? program_.func_info[subprogram].type_id : 0;
        found = find_arguments(object_, program_, types_.kernel, type, is_global(subprogram));
    }
    return *found;
}

Frame& Analysis::push_entry(State& state, std::uint32_t subprogram) {
    auto& entry = state.frames[0];
    entry = memory_.frames.make(memory_.slots);
    Frame& frame = entry.change();
    frame.subprogram = subprogram;
    state.sleepable = is_sleepable_;
    frame.regs[frame_pointer] = Reg::pointer({RegKind::ptr_to_stack});
    log_.touch_all();
    return frame;
}

bool Analysis::push_frame(State& state, std::uint32_t subprogram, std::int32_t call_site) {
    if (state.current + 1 >= max_frames)
        return reject(E2BIG, "the call stack of {} frames is too deep", state.current + 2);
    auto& pushed = state.frames[state.current + 1];
    pushed = memory_.frames.make(memory_.slots);
    Frame& callee = pushed.change();
    callee.call_site = call_site;
    callee.number = state.current + 1;
    callee.subprogram = subprogram;
    callee.regs[frame_pointer] = Reg::pointer({RegKind::ptr_to_stack});
    callee.regs[frame_pointer].frame = static_cast<std::uint8_t>(callee.number);
    log_.touch_all();
    return true;
}

bool Analysis::check_local_call() {
    const std::uint32_t target = insn_ + 1 + static_cast<std::uint32_t>(insn().imm);
    const int found = flow_.subprogram_at(target);
    if (found < 0) return confused("no function where a call goes");
    const auto subprogram = static_cast<std::uint32_t>(found);
    if (is_global(subprogram)) return call_global(subprogram, check_arguments_of(subprogram));

    if (!push_frame(*state_, subprogram, static_cast<std::int32_t>(insn_))) return false;
    Frame& caller = frame();
    Frame& callee = state_->frames[state_->current + 1].change();
    for (unsigned i = 1; i <= 5; ++i) callee.regs[i] = caller.regs[i];
    clear_caller_saved();
    ++state_->current;
    liveness_->forget_current();
    if (log_.is_on()) {
        log_.line("caller:");
        log_.whole_state(*state_, caller);
        log_.line("callee:");
        log_.whole_state(*state_, callee);
    }
    insn_ = target - 1;
    return true;
}

// A global function is checked by itself, for all arguments of its types: its result is any number.
bool Analysis::call_global(std::uint32_t subprogram, bool arguments_fit) {
    if (rejection_.unsupported) return false;
    if (state_->locks != 0) {
        say("global function calls are not allowed while holding a lock,");
        return reject(EINVAL, "use static function instead");
    }
    if (flow_.subprograms[subprogram].might_sleep && !may_sleep_here()) {
        say("global functions that may sleep are not allowed in non-sleepable context,");
        say("i.e., in a RCU/IRQ/preempt-disabled section, or in");
        return reject(EINVAL, "a non-sleepable BPF program context");
    }
    if (!arguments_fit)
        return reject(rejection_.error, "Caller passes invalid args into func#{} ('{}')",
                      subprogram, name_of(subprogram));
    if (log_.is_on())
        say("Func#{} ('{}') is global and assumed valid.", subprogram, name_of(subprogram));
    if (flow_.subprograms[subprogram].changes_pkt_data) forget_packets();
    called_[subprogram] = true;
    clear_caller_saved();
    reg(0).make_unknown();
    log_.touch_reg(0);
    return true;
}

bool Analysis::check_arguments_of(std::uint32_t subprogram) {
    const FunctionArguments& arguments = arguments_of(subprogram);
    if (!arguments.unsupported.empty()) return give_up(arguments.unsupported);
    if (arguments.error != 0)
        return arguments.reason.empty() ? false : reject(arguments.error, arguments.reason);
    for (unsigned i = 0; i < arguments.count; ++i) {
        const FunctionArgument& argument = arguments.list[i];
        const unsigned number = i + 1;
        const Reg& value = reg(number);
        switch (argument.kind) {
            case ArgumentKind::scalar:
                if (!value.is_scalar()) return reject(EINVAL, "R{} is not a scalar", number);
                break;
            case ArgumentKind::context:
                if (!check_argument_offset(value, number, {})) return false;
                if (!value.is(RegKind::ptr_to_ctx))
                    return reject(EINVAL, "arg#{} expects pointer to ctx", i);
                break;
            case ArgumentKind::memory:
                if (!check_argument_offset(value, number, {})) return false;
                if (!check_memory_of(number, argument.size)) {
                    rejection_.error = EINVAL;
                    return false;
                }
                if (!argument.or_null && value.may_be_null())
                    return reject(EINVAL, "arg#{} is expected to be non-NULL", i);
                break;
            case ArgumentKind::dynptr:
                if (!check_argument_offset(value, number, {}) ||
                    !check_dynptr(number, DynptrUse::reads, {}))
                    return false;
                break;
            case ArgumentKind::object:
                if (!check_object_given(number, argument)) return false;
                break;
            case ArgumentKind::untrusted: break;  // Loads behind it may fail.
            case ArgumentKind::arena:
                if (value.type.kind != RegKind::ptr_to_arena && !value.is_scalar())
                    return reject(EINVAL, "R{} is not a pointer to arena or scalar.", number);
                break;
        }
    }
    return true;
}

bool Analysis::return_to_caller() {
    Frame& callee = frame();
    const Reg result = callee.regs[0];
    if (result.is(RegKind::ptr_to_stack))
        return reject(EINVAL, "cannot return stack pointer to the caller");
    const auto call = static_cast<std::uint32_t>(callee.call_site);
    const bool in_callback = callee.in_callback;
    Frame& caller = state_->frames[state_->current - 1].change();
    if (in_callback) {
        if (!result.is_scalar()) return reject(EACCES, "R0 not a scalar value");
        if (!mark_precise(0)) return false;
        const Range range = callee.callback_returns;
        const Scalar& num = callee.regs[0].num;
        if (num.smin < range.min || num.smax > range.max)
            return reject(EINVAL, range_text("At callback return", "R0", num, range));
    } else {
        caller.regs[0] = result;
    }
    liveness_->update(*state_);
    insn_ = in_callback ? call : call + 1;
    if (log_.is_on()) {
        log_.line("returning from callee:");
        log_.whole_state(*state_, callee);
        log_.add(fmt::format("to caller at {}:\n", insn_));
        log_.whole_state(*state_, caller);
    }
    state_->frames[state_->current--] = {};
    liveness_->forget_current();
    if (!in_callback) return true;
    if (const State* entry = previous_entry(*state_, insn_)) widen(*entry, *state_);
    return true;
}

std::string Analysis::range_text(std::string_view where, std::string_view name, const Scalar& num,
                                 Range range) {
    std::string text = fmt::format("{} the register {} has", where, name);
    const bool has_min = num.smin > INT64_MIN, has_max = num.smax < INT64_MAX;
    if (has_min) text += fmt::format(" smin={}", num.smin);
    if (has_max) text += fmt::format(" smax={}", num.smax);
    if (!has_min && !has_max) text += " unknown scalar value";
    return text + fmt::format(" should have been in [{}, {}]", range.min, range.max);
}

}  // namespace bpftwin::verifier
