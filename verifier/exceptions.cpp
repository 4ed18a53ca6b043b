// bpf_throw(): the program ends at once, through a callback where it has one (kernel:
// check_kfunc_call, process_bpf_exit_full).
#include <algorithm>

#include "verifier/analysis.h"
#include "verifier/kfunc_call.h"

namespace bpftwin::verifier {

bool Analysis::throw_exception() {
    const auto is_callback = [](const Subprogram& subprogram) {
        return subprogram.is_exception_callback;
    };
    // Without a callback the program returns what is thrown.
    if (std::ranges::none_of(flow_.subprograms, is_callback) && !check_return_value(1))
        return false;
    clear_caller_saved();
    if (!check_resources("bpf_throw", true)) return false;
    done_ = true;
    return true;
}

bool Analysis::enter_exception_callback() {
    frame().in_exception_callback = true;
    const FunctionArguments& arguments = arguments_of(frame().subprogram);
    return (arguments.count == 1 && arguments.list[0].kind == ArgumentKind::scalar) ||
           reject(EINVAL, "exception cb only supports single integer argument");
}

/// Nothing that a callback calls may throw.
/// @param callers the functions that the instruction is in, the innermost last.
bool Analysis::check_throw(std::uint32_t insn, std::span<const std::uint32_t> callers) {
    if (ops_[insn] != Op::call_kfunc || program_.insns[insn].off != 0) return true;
    const auto id = static_cast<std::uint32_t>(program_.insns[insn].imm);
    if (!types_.kernel || types_.kernel->type(id).name != "bpf_throw") return true;
    return std::ranges::none_of(callers,
                                [&](std::uint32_t caller) {
                                    const Subprogram& function = flow_.subprograms[caller];
                                    return function.is_callback || function.is_exception_callback;
                                }) ||
           reject(EINVAL, "bpf_throw kfunc (insn {}) cannot be called from callback subprog {}",
                  insn, callers.back());
}

}  // namespace bpftwin::verifier
