// Functions of the program that work queues and task work call later, where they may sleep
// (kernel: process_wq_func, process_task_work_func, set_task_work_schedule_callback_state).
#include "verifier/analysis.h"
#include "verifier/kfunc_call.h"

namespace bpftwin::verifier {

/// The part of a map's value by which the function is called.
bool Analysis::check_deferred(KfuncCall& call, unsigned number, FieldKind kind) {
    if (!reg(number).is(RegKind::ptr_to_map_value))
        return reject(EINVAL, "arg#{} doesn't point to a map value", number - 1);
    if (!check_field(number, kind)) return false;
    call.map = reg(number).target;
    call.map_uid = reg(number).uid;
    return true;
}

/// The map that the part before it must be in.
bool Analysis::check_deferred_map(KfuncCall& call, unsigned number) {
    const bool is_task_work = map_of(reg(number)).field(FieldKind::task_work) != nullptr;
    return take_map(number, is_task_work ? "bpf_task_work" : "workqueue", call.map, call.map_uid);
}

bool Analysis::defer_function(const KfuncCall& call) {
    if (call.is("bpf_wq_set_callback_impl"))
        return call_later({.subprogram = call.subprogram, .sleeps = true});
    constexpr unsigned map_register = 3;
    return call_later({.subprogram = call.subprogram,
                       .map_register = map_register,
                       .sleeps = true,
                       .returns = {INT32_MIN, INT32_MAX}});
}

}  // namespace bpftwin::verifier
