// Whether control reaches every instruction, in a walk of the kernel's order, and where it comes by
// states (kernel/bpf/verifier.c: check_cfg, visit_insn).
#include "fmt/format.h"
#include "verifier/flow_walk.h"

namespace bpftwin::verifier {
namespace {

/// Depth first: an instruction stays on the stack, and is visited again, until nothing new follows.
class Walk {
public:
    Walk(const Code& code, Flow& flow) : code_(code), flow_(flow), steps_(code.size()) {}

    Checked<void> run() {
        explore(0);
        for (const Subprogram& subprogram : flow_.subprograms)
            if (subprogram.is_exception_callback && steps_[subprogram.start] != Step::explored)
                explore(subprogram.start);
        return check_all_explored();
    }

private:
    /// How far the walk came with an instruction; it took the edges in the order of these.
    enum class Step : std::uint8_t { unseen, discovered, took_next, took_branch, explored };

    void explore(std::uint32_t start) {
        discover(start);
        while (!stack_.empty()) {
            const std::uint32_t at = stack_.back();
            if (finds_new(at)) continue;
            steps_[at] = Step::explored;
            stack_.pop_back();
        }
    }

    void discover(std::uint32_t at) {
        steps_[at] = Step::discovered;
        stack_.push_back(at);
    }

    /// Takes one edge; whether it leads to an instruction that was not seen before.
    bool take(std::uint32_t from, std::uint32_t to, Step edge) {
        if (steps_[from] >= edge) return false;
        if (edge == Step::took_branch) mark_landing(to);
        if (steps_[to] == Step::unseen) {
            steps_[from] = edge;
            discover(to);
            return true;
        }
        if (steps_[to] == Step::explored) steps_[from] = edge;
        return false;
    }

    /// Takes the first edge from there that leads to something new, if one does.
    bool finds_new(std::uint32_t at) {
        if (code_.is_second_slot(at)) return take(at, code_.next(at), Step::took_next);
        if (code_.ops[at] == Op::lddw_func) return take_call(at, true);
        switch (code_.family(at)) {
            case Family::exit: return false;
            case Family::call: mark_call(at); return take_call(at, code_.ops[at] == Op::call_local);
            case Family::ja: return code_.ops[at] == Op::may_goto ? take_may_goto(at) : take_ja(at);
            case Family::jmp: return take_condition(at);
            case Family::alu:
            case Family::neg:
            case Family::movsx:
            case Family::cast:
            case Family::end:
            case Family::ldx:
            case Family::ldxsx:
            case Family::st:
            case Family::stx:
            case Family::atomic:
            case Family::load_acquire:
            case Family::store_release:
            case Family::ld_abs:
            case Family::ld_ind:
            case Family::lddw: return take(at, code_.next(at), Step::took_next);
        }
        return false;
    }

    bool take_ja(std::uint32_t at) {
        if (take(at, code_.target(at), Step::took_next)) return true;
        mark_landing(code_.target(at));
        return false;
    }

    bool take_condition(std::uint32_t at) {
        facts(at).prune_point = true;
        return take(at, code_.next(at), Step::took_next) ||
               take(at, code_.target(at), Step::took_branch);
    }

    bool take_may_goto(std::uint32_t at) {
        facts(at).force_checkpoint = true;
        return take_condition(at);
    }

    /// What is behind a call is walked before the callee.
    bool take_call(std::uint32_t at, bool visits_callee) {
        if (take(at, code_.next(at), Step::took_next)) return true;
        mark_landing(code_.next(at));
        if (!visits_callee) return false;
        facts(at).prune_point = true;
        merge_effects(at, code_.target(at));
        return take(at, code_.target(at), Step::took_branch);
    }

    void mark_landing(std::uint32_t at) {
        facts(at).prune_point = true;
        facts(at).jump_point = true;
    }

    void mark_call(std::uint32_t at) {
        if (code_.ops[at] == Op::call_local) return;
        const CallKind kind = code_.call_kind(at);
        InsnFacts& f = facts(at);
        f.prune_point |= kind.calls_back || kind.calls_back_later || kind.next_of_iterator;
        f.force_checkpoint |= kind.calls_back || kind.next_of_iterator;
        f.jump_point |= kind.calls_back;
        f.calls_callback |= kind.calls_back;
        Subprogram& caller = flow_.subprograms[flow_.subprogram_of(at)];
        caller.might_sleep |= kind.might_sleep;
        caller.changes_pkt_data |= kind.changes_pkt_data;
    }

    /// Once the callee was walked it counts: the last visit of a call comes after it. Recursion
    /// is refused later.
    void merge_effects(std::uint32_t call, std::uint32_t callee) {
        Subprogram& caller = flow_.subprograms[flow_.subprogram_of(call)];
        const Subprogram& called = flow_.subprograms[flow_.subprogram_of(callee)];
        caller.might_sleep |= called.might_sleep;
        caller.changes_pkt_data |= called.changes_pkt_data;
    }

    [[nodiscard]] Checked<void> check_all_explored() const {
        for (std::uint32_t at = 0; at < code_.size(); at = code_.next(at)) {
            if (steps_[at] != Step::explored)
                return reject(EINVAL, fmt::format("unreachable insn {}", at));
            if (code_.next(at) == at + 2 && steps_[at + 1] != Step::unseen)
                return reject(EINVAL, fmt::format("jump into the middle of ldimm64 insn {}", at));
        }
        return {};
    }

    InsnFacts& facts(std::uint32_t at) { return flow_.insns[at]; }

    const Code& code_;
    Flow& flow_;
    std::vector<Step> steps_;
    std::vector<std::uint32_t> stack_;
};

}  // namespace

Checked<void> check_cfg(const Code& code, Flow& flow) { return Walk(code, flow).run(); }

}  // namespace bpftwin::verifier
