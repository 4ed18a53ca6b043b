// The helper table: one row per helper of Linux 6.18 (include/uapi/linux/bpf.h,
// ___BPF_FUNC_MAPPER), with its prototype as the verifier sees it (`struct bpf_func_proto`).
#pragma once

#include <array>
#include <cstdint>
#include <span>
#include <string_view>

#include "bpftwin/kinds.h"

namespace bpftwin {

/// What a helper takes in one register: the kernel's `enum bpf_arg_type` without its modifiers.
enum class ArgType : std::uint8_t {
    none,           ///< Not an argument.
    anything,       ///< Any initialised value.
    const_map_ptr,  ///< A map.
    map_key,        ///< Readable memory of the preceding map's key size.
    map_value,      ///< Memory of the preceding map's value size.
    mem,            ///< Memory of the size in the next argument (or `fixed` bytes).
    const_size,     ///< Bytes of the preceding `mem`, at least 1.
    const_size_or_zero,
    ctx,          ///< The program's context.
    spin_lock,    ///< A bpf_spin_lock in a map value.
    timer,        ///< A bpf_timer in a map value.
    func,         ///< A static callback.
    stack,        ///< Callback's own context: memory on the stack, or null.
    const_str,    ///< A zero-terminated string in a read-only map.
    ringbuf_mem,  ///< A reserved ring buffer record.
    const_alloc_size_or_zero,
    dynptr,
    ringbuf_dynptr,  ///< A dynptr over a ring buffer record.
    kptr_xchg_dest,
    btf_id,  ///< A kernel object, with its BTF type.
    percpu_btf_id,
    btf_id_sock_common,  ///< A socket, as a kernel object or as one of the socket pointers.
    sock_common,
    socket,
};

/// What a helper returns: the kernel's `enum bpf_return_type`.
enum class RetType : std::uint8_t {
    integer,
    void_,
    map_value,
    map_value_or_null,
    socket_or_null,
    tcp_sock_or_null,
    sock_common_or_null,
    ringbuf_mem_or_null,
    dynptr_mem_or_null,
    mem_or_btf_id,
    mem_or_btf_id_or_null,
    btf_id_or_null,
    btf_id,
    btf_id_trusted,
};

/// One argument: its type and the kernel's modifiers.
struct Arg {
    ArgType type = ArgType::none;
    bool or_null = false;     ///< PTR_MAYBE_NULL.
    bool write = false;       ///< The helper writes the memory (MEM_WRITE or MEM_UNINIT).
    bool uninit = false;      ///< The memory need not be initialised (MEM_UNINIT).
    bool release = false;     ///< The helper takes over the reference (OBJ_RELEASE).
    std::uint16_t fixed = 0;  ///< Bytes of a `mem` without a size argument; 0: has one.
};

/// One row of the table.
struct Helper {
    std::uint32_t id;
    std::string_view name;  ///< Without "bpf_".
    RetType returns;
    std::array<Arg, 5> args;
    bool gpl_only;
    bool packet_args;             ///< Memory arguments may point into the packet.
    bool might_sleep;             ///< Only for sleepable programs.
    bool fastcall;                ///< Clobbers no register but r0.
    std::uint64_t program_types;  ///< Bit n: programs of type n may call it.
    std::string_view since;       ///< First kernel with it ("4.1").
    bool implemented;             ///< Runs in user space here.
};

/// All helpers, ordered by id; `helper_table()[i].id == i + 1`.
std::span<const Helper> helper_table();

/// The helper of that number (from 1) or that name (without "bpf_"), or null.
const Helper* helper_by_id(std::uint32_t id);
const Helper* helper_named(std::string_view name);

/// Whether programs of `type` may call `helper` (kernel: the type's `get_func_proto`) under at
/// least one expected attach type. For `ext` the replaced program decides: everything is available.
bool available_to(const Helper& helper, ProgType type);

/// The helper as programs of `type` see it: about ten have other arguments for some of the types
/// (helpers/variants.def).
const Helper& prototype_for(const Helper& helper, ProgType type);

}  // namespace bpftwin
