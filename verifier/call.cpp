// Calls of helpers (kernel: check_helper_call).
#include <algorithm>

#include "verifier/analysis.h"
#include "verifier/availability.h"
#include "verifier/helper_traits.h"
#include "verifier/map_rules.h"

namespace bpftwin::verifier {
namespace {

constexpr int max_errno = 4095;

/// Whether the result must be given back (is_acquire_function).
bool acquires_reference(const Helper& helper, const Map* map) {
    if (has_trait(helper.id, acquires)) return true;
    return has_trait(helper.id, looks_up) && map &&
           (map->type() == MapType::sockmap || map->type() == MapType::sockhash);
}

}  // namespace

bool Analysis::check_call() {
    const Insn& insn = this->insn();
    if (state_->locks != 0) {
        const bool unlocks = ops_[insn_] == Op::call_helper &&
                             has_trait(static_cast<std::uint32_t>(insn.imm), unlocks_values);
        if (!unlocks && ops_[insn_] != Op::call_local && !may_call_with_lock())
            return reject(EINVAL, "function calls are not allowed while holding a lock");
    }
    switch (ops_[insn_]) {
        case Op::call_local: return check_local_call();
        case Op::call_kfunc: return check_kfunc();
        default: break;
    }
    const Helper* helper = helper_by_id(static_cast<std::uint32_t>(insn.imm));
    if (!helper) return reject(EINVAL, "invalid func unknown#{}", insn.imm);
    if (!check_helper(*helper)) return false;
    log_.touch_reg(0);
    return true;
}

bool Analysis::check_helper(const Helper& called) {
    const Helper& helper = prototype_for(called, program_.type);
    if (!allowed_helpers_.contains({helper.id, state_->sleepable})) {
        if (auto allowed = check_helper_allowed(program_, helper, {gpl_, state_->sleepable});
            !allowed)
            return reject(allowed.error().error, allowed.error().reason);
        allowed_helpers_.emplace(helper.id, state_->sleepable);
    }
    if (!check_sleeping_helper(helper)) return false;
    if (has_trait(helper.id, depends_on_kernel))
        return give_up(fmt::format("bpf_{}, which not every kernel allows", helper.name));
    CallFacts call{.helper = &helper};
    for (unsigned i = 0; i < helper.args.size(); ++i)
        if (!check_argument(helper, i, call)) return false;
    if (call.raw_size != 0 && !write_raw_memory(call)) return false;
    if (call.release_reg != 0 && !release_argument(helper, call)) return false;
    if (!check_special_helper(helper, call)) return false;
    clear_caller_saved();
    if (!set_result(helper, call)) return false;
    if (call.map) {
        const Map& map = maps_[static_cast<std::size_t>(*call.map)];
        if (auto fits = check_map_helper(map.type(), helper, program_); !fits) {
            const bool is_of_sockets =
                map.type() == MapType::sockmap || map.type() == MapType::sockhash;
            if (is_of_sockets &&
                (helper.name == "map_update_elem" || helper.name == "map_delete_elem"))
                say("cannot update sockmap in this context");
            return reject(fits.error().error, fits.error().reason);
        }
    }
    if (helper.name == "tail_call" && state_->current != 0) return leave_by_tail_call();
    if (helper.name != "tail_call" &&
        (call.writes_packet || helper_call_kind(insn().imm, program_.type).changes_pkt_data))
        forget_packets();
    return true;
}

bool Analysis::release_argument(const Helper& helper, const CallFacts& call) {
    const ArgType type = helper.args[call.release_reg - 1].type;
    if (type == ArgType::ringbuf_dynptr) return release_dynptr(reg(call.release_reg));
    if (call.exchanged && call.ref_obj_id != 0) keep_exchanged(call.ref_obj_id);
    if (call.ref_obj_id != 0 ? release_reference(call.ref_obj_id) : reg(call.release_reg).is_null())
        return true;
    return reject(EINVAL, "func bpf_{}#{} reference has not been acquired before", helper.name,
                  helper.id);
}

bool Analysis::check_special_helper(const Helper& helper, CallFacts& call) {
    if (helper.name == "tail_call") return check_tail_call();
    if (has_trait(helper.id, changes_map))
        return maps_[static_cast<std::size_t>(*call.map)].can_write() ||
               reject(EACCES, "write into map forbidden");
    if (helper.name == "get_local_storage") {
        if (!reg(2).is_null())
            return reject(EINVAL, "get_local_storage() doesn't support non-zero flags");
        return mark_precise(2);
    }
    if (helper.name == "snprintf") return check_format();
    if (helper.name == "loop") {
        if (!may_inline_loop(call.subprogram) || !mark_precise(1)) return false;
        if (frame().callback_depth >= reg(1).num.umax) {
            frame().callback_depth = 0;
            if (log_.has_every_path())
                say("frame{} bpf_loop iteration limit reached", state_->current);
            return true;
        }
        return call_back(call.subprogram, call);
    }
    if (helper.name == "timer_set_callback") return call_later({.subprogram = call.subprogram});
    if (helper.name == "dynptr_from_mem" && !reg(1).is(RegKind::ptr_to_map_value))
        return reject(EACCES, "Unsupported reg type {} for bpf_dynptr_from_mem data",
                      text_of(reg(1).type));
    if (helper.name == "dynptr_data" || helper.name == "dynptr_write") note_dynptr(call);
    return !flow_.insns[insn_].calls_callback || call_back(call.subprogram, call);
}

// Whether the kernel may replace the helper by a loop depends on its flags, which must be 0 then
// (update_loop_inline_state).
bool Analysis::may_inline_loop(std::uint32_t callback) {
    constexpr unsigned flags = 4;
    auto& known = inline_callbacks_.try_emplace(insn_, callback).first->second;
    if (known == no_callback) return true;
    if (reg(flags).is_null() && !mark_precise(flags)) return false;
    if (!reg(flags).is_null() || known != callback) known = no_callback;
    return true;
}

bool Analysis::check_tail_call() {
    if (map_of(reg(2)).type() != MapType::prog_array)
        return reject(EINVAL, "expected prog array map for tail call");
    if (!check_resources("tail_call")) return false;
    const Reg& index = reg(3);
    const std::uint32_t entries = map_of(reg(2)).spec->max_entries;
    if (!index.is_const() || index.num.var_off.value >= entries) return true;
    return mark_precise(3);
}

/// In a function that the program calls, the end of the program that is called instead is a return.
bool Analysis::leave_by_tail_call() {
    log_.touch_reg(0);
    if (!push(insn_ + 1, insn_)) return false;
    forget_packets();
    reg(0).make_unknown();
    if (!return_to_caller()) return false;
    --insn_;
    return true;
}

bool Analysis::set_result(const Helper& helper, const CallFacts& call) {
    Reg& result = reg(0);
    const auto pointer = [&](RegKind kind, std::uint16_t flags) {
        result = Reg::pointer({kind, flags});
    };
    switch (helper.returns) {
        case RetType::integer: result.make_unknown(); break;
        case RetType::void_: return true;
        case RetType::map_value:
        case RetType::map_value_or_null: {
            if (!call.map) return confused("a map's value without a map");
            const Map& map = maps_[static_cast<std::size_t>(*call.map)];
            const bool exists =
                has_trait(helper.id, looks_up) && call.key && *call.key < map.spec->max_entries;
            const bool or_null = helper.returns == RetType::map_value_or_null && !exists;
            pointer(RegKind::ptr_to_map_value, or_null ? maybe_null : no_flag);
            result.target = *call.map;
            result.uid = call.map_uid;
            if (!or_null && may_hold_lock(result)) result.id = ++last_id_;
            break;
        }
        case RetType::socket_or_null: pointer(RegKind::ptr_to_socket, maybe_null); break;
        case RetType::tcp_sock_or_null: pointer(RegKind::ptr_to_tcp_sock, maybe_null); break;
        case RetType::sock_common_or_null: pointer(RegKind::ptr_to_sock_common, maybe_null); break;
        case RetType::ringbuf_mem_or_null:
            pointer(RegKind::ptr_to_mem, maybe_null | mem_ringbuf);
            result.target = static_cast<std::int32_t>(call.mem_size);
            break;
        case RetType::dynptr_mem_or_null:
            pointer(RegKind::ptr_to_mem, maybe_null);
            result.target = static_cast<std::int32_t>(call.mem_size);
            result.uid = call.dynptr_id;
            break;
        case RetType::mem_or_btf_id:
        case RetType::mem_or_btf_id_or_null:
            if (!set_variable_result(helper, call.variable)) return false;
            break;
        case RetType::btf_id:
        case RetType::btf_id_trusted:
        case RetType::btf_id_or_null:
            if (!(call.exchanged ? set_exchanged(*call.exchanged) : set_object_result(helper)))
                return false;
            break;
    }
    if (result.may_be_null()) result.id = ++last_id_;
    const Map* map = call.map ? &maps_[static_cast<std::size_t>(*call.map)] : nullptr;
    if (has_trait(helper.id, casts_pointer) || call.dynptr_id != 0) {
        result.ref_obj_id = call.ref_obj_id;
    } else if (acquires_reference(helper, map)) {
        const std::uint32_t id = acquire_reference();
        result.id = id;
        result.ref_obj_id = id;
    }
    refine_result(helper, call);
    return true;
}

void Analysis::refine_result(const Helper& helper, const CallFacts& call) {
    Scalar& num = reg(0).num;
    if (has_trait(helper.id, returns_length)) {
        num.smax = static_cast<std::int64_t>(call.max_size);
        num.s32_max = static_cast<std::int32_t>(call.max_size);
        num.smin = num.s32_min = -max_errno;
        num.sync();
    } else if (helper.name == "get_smp_processor_id") {
        const std::uint32_t last = options_.cpus - 1;
        num.umax = num.u32_max = last;
        num.smax = num.s32_max = static_cast<std::int32_t>(last);
        num.umin = num.u32_min = 0;
        num.smin = num.s32_min = 0;
        num.sync();
    } else {
        return;
    }
    settle_bounds(reg(0));
}

void Analysis::forget_packets() {
    state_->change_regs(
        [](const Reg& reg) { return reg.is_packet_or_end() || reg.type.has(packet_slice); },
        [](Reg& reg) { reg.make_unknown(); });
}

}  // namespace bpftwin::verifier
