// How deep the stacks of all functions on a chain of calls get, and what may call what (kernel:
// check_max_stack_depth).
#include <algorithm>
#include <utility>
#include <vector>

#include "verifier/analysis.h"

namespace bpftwin::verifier {
namespace {

/// Functions that need as much get a stack of their own, where kernels have such
/// (BPF_PRIV_STACK_MIN_SIZE).
constexpr int min_own_stack = 64;
/// What callers of a function with tail calls may use at most.
constexpr int max_before_tail_calls = 256;

/// Programs that may run while they run already, on stacks that are theirs (bpf_enable_priv_stack).
bool may_have_own_stacks(ProgType type) {
    return type == ProgType::kprobe || type == ProgType::tracepoint ||
           type == ProgType::perf_event || type == ProgType::raw_tracepoint;
}

}  // namespace

/// Functions that called each other, the innermost last.
struct Analysis::CallChain {
    struct Call {
        std::uint32_t subprogram;
        std::uint32_t next;  ///< Instruction to go on at.
        bool has_own_stack;
    };
    std::vector<Call> calls;
    int depth = 0;  ///< Bytes of the stacks that are not functions' own.
    bool may_have_own_stacks;

    [[nodiscard]] std::vector<std::uint32_t> functions() const {
        std::vector<std::uint32_t> functions;
        for (const Call& call : calls) functions.push_back(call.subprogram);
        return functions;
    }
};

/// As JIT compilers lay out frames.
int Analysis::stack_size_of(std::uint32_t subprogram) const {
    constexpr int alignment = 16;
    return (stack_depths_[subprogram] + alignment - 1) / alignment * alignment;
}

/// The function that is called, or whose address is taken, there; -1: none, or one that runs later.
int Analysis::callee_at(std::uint32_t at) const {
    if (ops_[at] != Op::call_local && ops_[at] != Op::lddw_func) return -1;
    if (code_->is_second_slot(at)) return -1;
    const int callee = flow_.subprogram_at(code_->target(at));
    const bool later = callee >= 0 && is_called_later_[static_cast<std::size_t>(callee)];
    return later && ops_[at] == Op::lddw_func ? -1 : callee;
}

bool Analysis::enter_callee(CallChain& chain, std::uint32_t subprogram) {
    const Subprogram& function = flow_.subprograms[subprogram];
    if (subprogram != 0 && function.has_tail_call && chain.depth >= max_before_tail_calls)
        return reject(EACCES,
                      "tail_calls are not allowed when call stack of previous frames is {} bytes. "
                      "Too large",
                      chain.depth);
    const int size = stack_size_of(subprogram);
    const bool is_own = chain.may_have_own_stacks && size >= min_own_stack;
    chain.calls.push_back({subprogram, function.start, is_own});
    if (chain.calls.size() > max_frames)
        return reject(E2BIG, "the call stack of {} frames is too deep !", chain.calls.size() - 1);
    if (is_own)
        return size <= max_stack ||
               reject(EACCES, "stack size of subprog {} is {}. Too large", subprogram, size);
    chain.depth += size;
    return chain.depth <= max_stack ||
           reject(EACCES, "combined stack size of {} calls is {}. Too large", chain.calls.size(),
                  chain.depth);
}

/// One instruction of a function on the chain.
bool Analysis::check_call_in(CallChain& chain, std::uint32_t at) {
    if (ops_[at] == Op::call_kfunc && !check_throw(at, chain.functions())) return false;
    const int target = callee_at(at);
    if (target < 0) return true;
    const auto callee = static_cast<std::uint32_t>(target);
    if (flow_.subprograms[callee].is_exception_callback)
        return ops_[at] != Op::call_local ||
               reject(EINVAL, "insn {} cannot call exception cb directly", at);
    const std::uint32_t root = chain.calls.front().subprogram;
    if (flow_.subprograms[root].is_exception_callback && flow_.subprograms[callee].has_tail_call)
        return reject(EINVAL, "cannot tail call within exception cb");
    return enter_callee(chain, callee);
}

bool Analysis::check_calls_from(std::uint32_t root, bool own_stacks) {
    CallChain chain{.may_have_own_stacks = own_stacks};
    if (!enter_callee(chain, root)) return false;
    while (!chain.calls.empty()) {
        CallChain::Call& call = chain.calls.back();
        if (call.next < flow_.subprograms[call.subprogram].end) {
            if (!check_call_in(chain, call.next++)) return false;
            continue;
        }
        if (!call.has_own_stack) chain.depth -= stack_size_of(call.subprogram);
        chain.calls.pop_back();
    }
    return true;
}

// Functions that run by themselves: the program, what is called later, what handles exceptions.
bool Analysis::check_stack_depths() {
    bool is_split = false, calls_tail = false;
    const auto count = static_cast<std::uint32_t>(flow_.subprograms.size());
    const auto runs_apart = [&](std::uint32_t subprogram) {
        return is_called_later_[subprogram] || flow_.subprograms[subprogram].is_exception_callback;
    };
    for (std::uint32_t i = 0; i < count; ++i) {
        is_split |= i != 0 && runs_apart(i);
        calls_tail |= flow_.subprograms[i].has_tail_call;
    }
    // What runs apart, too, shares its functions' stacks with the program: then none is its own.
    const bool own_stacks = !is_split && !calls_tail && may_have_own_stacks(program_.type);
    for (std::uint32_t root = count; root-- > 0;)
        if ((root == 0 || runs_apart(root)) && !check_calls_from(root, own_stacks)) return false;
    return true;
}

/// What is shown of functions in the end: loops that the kernel puts in place of bpf_loop, and
/// counters of may_goto, have slots of their own below what the program uses; functions that no
/// path reaches are removed (optimize_bpf_loop, do_misc_fixups, opt_remove_dead_code).
void Analysis::settle_stack_depths() {
    constexpr int loop_slots = 3 * slot_size, counter_slots = 2 * slot_size;
    std::vector<int> depths;
    for (std::size_t s = 0; s < flow_.subprograms.size(); ++s) {
        const Subprogram& subprogram = flow_.subprograms[s];
        bool is_reached = false, has_loop = false, has_counter = false;
        for (std::uint32_t i = subprogram.start; i < subprogram.end; ++i) {
            if (!is_reached_[i]) continue;
            const auto loop = inline_callbacks_.find(i);
            is_reached = true;
            has_loop |= loop != inline_callbacks_.end() && loop->second != no_callback;
            has_counter |= ops_[i] == Op::may_goto;
        }
        if (!is_reached) continue;
        int depth = stack_depths_[s];
        if (has_loop) depth = (depth + slot_size - 1) / slot_size * slot_size + loop_slots;
        depths.push_back(has_counter ? depth + counter_slots : depth);
    }
    stack_depths_ = std::move(depths);
}

}  // namespace bpftwin::verifier
