// A call of a kernel function: its prototype, and what is gathered about its arguments
// (kernel/bpf/verifier.c: struct bpf_kfunc_call_arg_meta).
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string_view>

#include "btf/btf.h"
#include "verifier/dynptr.h"
#include "verifier/kfuncs.h"
#include "verifier/maps.h"
#include "verifier/state.h"

namespace bpftwin::verifier {

/// A dynptr that a function is given (bpf_kfunc_call_arg_meta::initialized_dynptr).
struct GivenDynptr {
    DynptrKind kind;
    std::uint32_t id;
    std::uint32_t ref_obj_id;
};

struct KfuncCall {
    const Kfunc* kfunc;
    const Btf* types;  ///< The kernel's.
    std::uint32_t id;  ///< Of the FUNC.
    BtfEntries<BtfParam> params;

    unsigned release_reg = 0;
    std::uint32_t ref_obj_id = 0;
    std::uint32_t subprogram = 0;              ///< Of the callback argument.
    std::optional<std::uint64_t> constant;     ///< Of a size or type that must be known.
    std::optional<std::uint64_t> result_size;  ///< Of the memory that it returns,
    bool result_is_read_only = false;          ///< which may only be read.
    std::optional<std::int32_t> map;           ///< Index of the map argument,
    std::uint32_t map_uid = 0;                 ///< or of that of a work queue.
    std::optional<SpecialField> root;          ///< Of the list or tree argument.
    bool keeps_owned = false;                  ///< The argument is owned, and stays it.
    std::uint32_t object_type = 0;             ///< Of that argument, of the program's types.
    std::optional<Place> iterator;             ///< Its first slot.
    std::optional<GivenDynptr> dynptr;         ///< The last one that is not made.

    [[nodiscard]] bool is(std::string_view name) const { return kfunc->name == name; }
    /// What the function returns, without modifiers.
    [[nodiscard]] const BtfType& result() const;
};

/// What a kernel function takes a pointer for (enum kfunc_ptr_arg_type), as far as its type and
/// name say.
enum class KfuncArg : std::uint8_t {
    none,  ///< Neither says anything: memory or an object.
    allocated,
    refcounted,
    const_str,
    map,
    dynptr,
    list_head,
    list_node,
    rb_root,
    rb_node,
    workqueue,
    task_work,
    res_spin_lock,
    irq_flag,
    callback,
};
KfuncArg kind_of(const Btf& types, const BtfParam& param);

/// The struct of the kernel that such pointers are to kernel functions; empty: none (reg2btf_ids).
std::string_view struct_behind(RegKind kind);

/// Whether it points to an object that the program allocated (type_is_ptr_alloc_obj).
bool is_own_object(const Reg& reg);

/// What the endings of parameters' names say.
bool is_ignored(const BtfParam& param);
bool is_constant(const BtfParam& param);
bool is_nullable(const BtfParam& param);
bool is_optional(const BtfParam& param);
bool is_uninit(const BtfParam& param);
bool is_const_size(const BtfParam& param);
/// Whether it is the size of the memory before it.
bool is_size(const Btf& types, const BtfParam& param);
bool is_scalar(const BtfType& type);

/// The number of slots of an iterator that the parameter points to, 0: it is none
/// (btf_check_iter_arg).
std::uint32_t iterator_slots(const Btf& types, const BtfParam& param);

/// Whether a struct has only scalars, also in structs in it (__btf_type_is_scalar_struct).
bool has_only_scalars(const Btf& types, const BtfType& type, int depth = 0);

}  // namespace bpftwin::verifier
