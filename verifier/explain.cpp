// How a rejected program came to the instruction that is refused: the branches on its path, and the
// life of the value that the reason names, both found by going back along the path.
#include <algorithm>
#include <cctype>

#include "verifier/analysis.h"
#include "verifier/way_back.h"

namespace bpftwin::verifier {
namespace {

/// One instruction of a path, and what is noted of it.
struct OnPath {
    std::uint32_t insn;
    const Step* step;
};

constexpr std::size_t longest_path = 100'000, most_steps = 30;

/// Calls `visit(OnPath, next)` for the instructions before a state's on its path, the last one
/// first, with the instruction behind each, until it says false.
template <class F>
void go_back(const State& end, F visit) {
    std::size_t left = longest_path;
    std::int64_t last = end.insn, next = no_insn;
    for (const State* state = &end; state && last >= 0; state = state->parent) {
        WayBack way(*state, last);
        do {
            if (left-- == 0) return;
            const OnPath at{static_cast<std::uint32_t>(way.insn()), way.step()};
            if (next != no_insn && !visit(at, static_cast<std::uint32_t>(next))) return;
            next = way.insn();
        } while (way.back() && way.insn() >= 0);
        last = state->parent ? state->parent->last_insn : no_insn;
    }
}

std::string name_of(const Place& place) {
    return place.is_reg ? fmt::format("r{}", place.index)
                        : fmt::format("fp-{}", (place.index + 1) * slot_size);
}

/// Follows one value back along a path.
class Trail {
public:
    Trail(const Code& code, const std::vector<bool>& is_global, const Flow& flow, Place place)
        : code_(code), is_global_(is_global), flow_(flow), place_(place), frame_(place.frame) {}

    /// Goes over the instruction before `next`. @return whether the value is older still.
    bool back(const OnPath& at, std::uint32_t next) {
        insn_ = at.insn;
        if (code_.is_second_slot(insn_)) return true;
        switch (code_.family(insn_)) {
            case Family::call: return back_over_call(next);
            case Family::exit: return back_over_exit(next);
            case Family::jmp: return back_over_jump(at, next);
            case Family::st:
            case Family::stx:
            case Family::store_release: return back_over_store(at);
            default: break;
        }
        if (!is_reg(written())) return true;
        switch (code_.family(insn_)) {
            case Family::alu: return back_over_alu();
            case Family::movsx:
            case Family::cast: return copied(code_.insn(insn_).src);
            case Family::neg:
            case Family::end: return add("changed"), true;
            case Family::ldx:
            case Family::ldxsx:
            case Family::load_acquire: return back_over_load(at);
            case Family::lddw: return ends("set");
            default: return ends("loaded");
        }
    }

    std::vector<ValueStep> take() { return std::move(steps_); }

private:
    [[nodiscard]] bool is_reg(unsigned number) const {
        return place_.is_reg && place_.frame == frame_ && place_.index == number;
    }
    [[nodiscard]] unsigned written() const {
        const Insn& insn = code_.insn(insn_);
        if (code_.family(insn_) == Family::atomic)
            return fetched_by(insn, code_.ops[insn_]).value_or(~0U);
        const bool is_legacy =
            code_.family(insn_) == Family::ld_abs || code_.family(insn_) == Family::ld_ind;
        return is_legacy ? 0 : insn.dst;
    }
    void add(std::string what) {
        if (steps_.size() < most_steps) steps_.push_back({insn_, std::move(what)});
    }
    bool ends(std::string what) { return add(std::move(what)), false; }
    void go_to(bool is_register, std::uint32_t frame, unsigned index) {
        place_ = {static_cast<std::uint8_t>(frame), is_register, static_cast<std::uint8_t>(index)};
    }
    bool copied(unsigned from) {
        add(fmt::format("copied from r{}", from));
        go_to(true, frame_, from);
        return true;
    }

    bool back_over_alu() {
        const Insn& insn = code_.insn(insn_);
        if (!code_.is_mov(insn_)) return add("changed"), true;
        return (insn.code & 8) != 0 ? copied(insn.src) : ends("set");
    }

    bool back_over_load(const OnPath& at) {
        if (!at.step || !at.step->stack_access) return ends("loaded");
        go_to(false, at.step->frame, at.step->slot);
        add("read back from " + name_of(place_));
        return true;
    }

    bool back_over_store(const OnPath& at) {
        const bool stored = !place_.is_reg && at.step && at.step->stack_access &&
                            at.step->frame == place_.frame && at.step->slot == place_.index;
        if (!stored) return true;
        if (code_.family(insn_) == Family::st) return ends("stored at " + name_of(place_));
        const unsigned from = code_.insn(insn_).src;
        add(fmt::format("spilled from r{} to {}", from, name_of(place_)));
        go_to(true, frame_, from);
        return true;
    }

    bool back_over_jump(const OnPath& at, std::uint32_t next) {
        const Insn& insn = code_.insn(insn_);
        bool compared = is_reg(insn.dst) || ((insn.code & 8) != 0 && is_reg(insn.src));
        if (at.step)
            for (unsigned i = 0; i < at.step->linked.count(); ++i) {
                const Place linked = at.step->linked[i];
                compared |= linked.frame == place_.frame && linked.is_reg == place_.is_reg &&
                            linked.index == place_.index;
            }
        if (compared)
            add(next == insn_ + 1 ? "compared, the jump not taken" : "compared, the jump taken");
        return true;
    }

    bool back_over_call(std::uint32_t next) {
        const bool is_local = code_.ops[insn_] == Op::call_local;
        const int callee = is_local ? flow_.subprogram_at(code_.target(insn_)) : -1;
        const bool enters = is_local && callee >= 0 && next == code_.target(insn_) &&
                            !is_global_[static_cast<std::size_t>(callee)];
        if (enters) return back_over_entry();
        if (!is_local && next != insn_ + 1) {  // Into a callback.
            const bool is_own = place_.frame == frame_;
            if (frame_ > 0) --frame_;
            return is_own ? ends("given to the callback") : true;
        }
        if (is_reg(0)) return ends("the call's result");
        const bool is_argument = place_.is_reg && place_.frame == frame_ && place_.index <= 5;
        return is_argument ? ends("gone with the call") : true;
    }

    bool back_over_entry() {
        const bool is_own = place_.frame == frame_;
        if (frame_ > 0) --frame_;
        if (!is_own) return true;
        if (!place_.is_reg || place_.index == 0 || place_.index > 5) return false;
        add("passed to the function");
        go_to(true, frame_, place_.index);
        return true;
    }

    bool back_over_exit(std::uint32_t next) {
        const bool was_result = is_reg(0) && next > 0 && code_.ops[next - 1] == Op::call_local;
        ++frame_;
        if (was_result) {
            add("returned");
            go_to(true, frame_, 0);
        }
        return true;
    }

    const Code& code_;
    const std::vector<bool>& is_global_;
    const Flow& flow_;
    Place place_;
    std::uint32_t frame_;  ///< Of the instruction that is gone over.
    std::uint32_t insn_ = 0;
    std::vector<ValueStep> steps_;
};

}  // namespace

/// The register that the reason names ("R3 …"), or that the instruction is about.
std::optional<unsigned> Analysis::register_at_fault() const {
    const std::string& reason = rejection_.reason;
    if (reason.starts_with("old state:") || reason.ends_with("reference leak")) return std::nullopt;
    for (std::size_t i = 0; i + 1 < reason.size(); ++i) {
        const bool begins = i == 0 || reason[i - 1] == ' ';
        if (!begins || reason[i] != 'R' || std::isdigit(reason[i + 1]) == 0) continue;
        const auto number = static_cast<unsigned>(std::strtoul(&reason[i + 1], nullptr, 10));
        if (number <= frame_pointer) return number;
    }
    const Insn& insn = program_.insns[state_->insn];
    switch (info(ops_[state_->insn]).family) {
        case Family::alu:
            return (insn.code & 8) != 0 ? std::optional<unsigned>(insn.src) : insn.dst;
        case Family::ldx:
        case Family::ldxsx: return insn.src;
        case Family::st:
        case Family::stx:
        case Family::atomic: return insn.dst;
        default: return std::nullopt;
    }
}

std::shared_ptr<const Explanation> Analysis::explain() const {
    if (state_->insn >= program_.insns.size()) return nullptr;
    auto explanation = std::make_shared<Explanation>();
    explanation->insn = state_->insn;
    go_back(*state_, [&](const OnPath& at, std::uint32_t next) {
        const bool is_conditional =
            code_->family(at.insn) == Family::jmp || ops_[at.insn] == Op::may_goto;
        if (is_conditional && !code_->is_second_slot(at.insn))
            explanation->branches.push_back({at.insn, next != at.insn + 1});
        return true;
    });
    std::ranges::reverse(explanation->branches);
    if (rejection_.reason.ends_with("reference leak"))
        for (const Reference& reference : state_->references)
            explanation->history.push_back({reference.insn, "acquired, and not given back"});
    const auto number = register_at_fault();
    if (!number || *number > frame_pointer || state_->current >= max_frames) return explanation;
    if (state_->frame().regs[*number].type.kind != RegKind::not_init)
        explanation->value = log_.register_text(*number, state_->frame());
    Trail trail(
        *code_, is_global_, flow_,
        {static_cast<std::uint8_t>(state_->current), true, static_cast<std::uint8_t>(*number)});
    go_back(*state_, [&](const OnPath& at, std::uint32_t next) { return trail.back(at, next); });
    explanation->history = trail.take();
    return explanation;
}

}  // namespace bpftwin::verifier
