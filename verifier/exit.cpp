// The end of a program, and loads that may end it (kernel: process_bpf_exit_full,
// check_return_code, check_ld_abs).
#include "verifier/analysis.h"
#include "verifier/attach.h"
#include "verifier/context_access.h"

namespace bpftwin::verifier {

bool Analysis::check_exit() {
    if (state_->current == 0 && !check_resources("BPF_EXIT instruction in main prog")) return false;
    if (state_->current != 0) {
        starts_path_ = true;
        return return_to_caller();
    }
    if (!check_return_value()) return false;
    done_ = true;
    return true;
}

/// Whether the program is called as a function that returns nothing.
bool Analysis::may_return_anything() const {
    if (!attach_.returns_nothing()) return false;
    return program_.type == ProgType::struct_ops ||
           (program_.type == ProgType::lsm && attach_type_of(program_) != AttachType::lsm_cgroup);
}

bool Analysis::check_return_value(unsigned number) {
    const Frame& entry = *state_->frames[0];
    const bool is_entry = entry.subprogram == 0 || entry.in_exception_callback;
    if (is_entry && !entry.in_async_callback && may_return_anything()) return true;
    if (!read_reg(number)) return false;
    const Reg& result = reg(number);
    Range range{};
    std::string_view where = "At program exit";
    if (entry.in_async_callback) {
        where = "At async callback return";
        range = entry.callback_returns;
    } else if (entry.subprogram != 0 && !entry.in_exception_callback) {
        return result.is_scalar() ||
               reject(EINVAL, "At subprogram exit the register R{} is not a scalar value ({})",
                      number, text_of(result.type));
    } else {
        const auto allowed = return_range(program_);
        if (!allowed) return true;
        range = {allowed->min, allowed->max};
        if (is_void_cgroup_hook()) range = {1, 1};
    }
    if (!result.is_scalar())
        return reject(EINVAL, "{} the register R{} is not a known value ({})", where, number,
                      text_of(result.type));
    if (!mark_precise(number)) return false;
    if (returns_within(reg(number).num, range)) return true;
    reject(EINVAL, range_text(where, fmt::format("R{}", number), reg(number).num, range));
    return entry.subprogram == 0 && is_void_cgroup_hook()
               ? reject(EINVAL,
                        "Note, BPF_LSM_CGROUP that attach to void LSM hooks can't modify return "
                        "value!")
               : false;
}

/// Of hooks that return an int, the low half counts.
bool Analysis::returns_within(const Scalar& num, Range range) const {
    if (program_.type == ProgType::lsm && attach_type_of(program_) != AttachType::lsm_cgroup)
        return num.s32_min >= range.min && num.s32_max <= range.max;
    return num.smin >= range.min && num.smax <= range.max;
}

bool Analysis::is_void_cgroup_hook() const {
    return program_.type == ProgType::lsm && attach_.returns_nothing() &&
           attach_type_of(program_) == AttachType::lsm_cgroup;
}

bool Analysis::check_packet_load() {
    constexpr unsigned context = 6;
    switch (program_.type) {
        case ProgType::socket_filter:
        case ProgType::sched_cls:
        case ProgType::sched_act: break;
        default:
            return reject(EINVAL,
                          "BPF_LD_[ABS|IND] instructions not allowed for this program type");
    }
    for (std::uint32_t i = state_->current; i != 0; --i)
        if (state_->frames[i]->in_callback)
            return reject(EINVAL, "cannot use BPF_LD_[ABS|IND] within callback");
    if (!read_reg(context)) return false;
    if (!check_resources("BPF_LD_[ABS|IND]")) return false;
    if (!reg(context).is(RegKind::ptr_to_ctx))
        return reject(EINVAL, "at the time of BPF_LD_ABS|IND R6 != pointer to skb");
    if (info(ops_[insn_]).family == Family::ld_ind && !read_reg(insn().src)) return false;
    if (!check_plain_pointer(reg(context), context, false)) return false;
    clear_caller_saved();
    reg(0).make_unknown();
    if (state_->current == 0) return true;
    // A load outside of the packet ends the function with 0.
    if (!push(insn_ + 1, insn_)) return false;
    reg(0) = Reg::constant(0);
    if (!return_to_caller()) return false;
    --insn_;
    return true;
}

}  // namespace bpftwin::verifier
