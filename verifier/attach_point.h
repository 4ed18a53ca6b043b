// Where a program is attached and what it gets there, as far as types of the kernel tell
// (kernel/bpf/verifier.c: check_attach_btf_id, check_struct_ops_btf_id).
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "bpftwin/spec.h"
#include "btf/btf.h"
#include "verifier/context_access.h"
#include "verifier/reg_type.h"
#include "verifier/rejection.h"

namespace bpftwin::verifier {

/// An argument of which the kernel says more than its type does (struct bpf_ctx_arg_aux).
struct ContextArgument {
    std::uint32_t offset;      ///< In the context, bytes.
    RegType type;              ///< What a load of it gives.
    std::uint32_t object = 0;  ///< The BTF type of an object.
};

/// What the context of a program is made of.
struct AttachPoint {
    std::string_view name;               ///< For messages: "sched_switch".
    const BtfType* prototype = nullptr;  ///< Of the function; null: `arguments` are all.
    /// The first parameter, a tracepoint's own, is not passed to programs.
    bool hides_first = false;
    std::vector<ContextArgument> arguments;

    /// Whether the function gives a value back, which the program's replaces or follows.
    [[nodiscard]] bool returns_nothing() const { return prototype && prototype->type == 0; }
};

/// How a program is loaded.
struct Loading {
    bool gpl_compatible, sleepable;
};

/// The point of a program of any type; empty for types that have a table of context fields.
/// @param kernel null: what needs its types is unsupported, `lacks_kernel_types`.
Checked<AttachPoint> find_attach_point(const ProgramSpec& program, const Btf* kernel,
                                       const Loading& loading);

/// What a load from such a context finds.
struct PassedValue {
    bool allowed = false;
    std::string note;  ///< A line of the log; empty: none.
    RegType type{RegKind::scalar_value};
    std::uint32_t object = 0;  ///< The BTF type of an object.
    bool is_retval = false;    ///< What the hook before returned.
};
/// Types that are known of an attach point's function are those of the kernel (btf_ctx_access).
PassedValue passed_value(const ProgramSpec& program, const AttachPoint& point, const Btf& kernel,
                         const ContextAccess& access);

}  // namespace bpftwin::verifier
