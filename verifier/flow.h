// What a program's shape says before any value is looked at: subprograms, where control may go,
// where states are worth keeping, which registers are read later (kernel/bpf/verifier.c:
// add_subprog_and_kfunc, check_subprogs, check_cfg, compute_scc, compute_live_registers,
// mark_fastcall_patterns).
#pragma once

#include <cstdint>
#include <functional>
#include <span>
#include <vector>

#include "bpftwin/spec.h"
#include "isa/op.h"
#include "verifier/rejection.h"

namespace bpftwin::verifier {

/// A function of the program.
struct Subprogram {
    std::uint32_t start = 0;  ///< First instruction.
    std::uint32_t end = 0;    ///< Behind its last.
    bool has_tail_call = false;
    bool has_ld_abs = false;
    bool changes_pkt_data = false;  ///< Calls a helper that moves packet bounds, also in callees.
    bool might_sleep = false;       ///< The same of what sleeps.
    bool is_callback = false;       ///< Somewhere its address is taken (lddw subprog).
    bool is_exception_callback = false;   ///< bpf_throw() of the program ends here.
    std::int16_t fastcall_stack_off = 0;  ///< Below: only spills around fastcall helpers; 0: none.
    bool keep_fastcall_stack = false;     ///< Some of those stay: the helper is no fastcall here.
};

/// What is known of one instruction slot.
struct InsnFacts {
    bool prune_point : 1 = false;       ///< States are compared here (is_prune_point).
    bool jump_point : 1 = false;        ///< The history records how one came here (is_jmp_point).
    bool force_checkpoint : 1 = false;  ///< A state is always kept here.
    bool calls_callback : 1 = false;    ///< Calls a helper that calls back before it returns.
    bool fastcall_pattern : 1 = false;  ///< A spill or fill around a fastcall helper.
    std::uint8_t fastcall_spills = 0;   ///< Of the call: how many of them surround it.
    std::uint16_t live_before = 0;      ///< Registers that may be read before they are written.
    std::uint32_t component = 0;        ///< Strongly connected component, from 1; 0: in no loop.
};

/// The facts about a program.
struct Flow {
    std::vector<Subprogram> subprograms;  ///< Ordered by `start`; the first is the entry.
    std::vector<InsnFacts> insns;         ///< One per slot.

    /// Index of the subprogram that the instruction is in; that begins there, or -1.
    [[nodiscard]] std::uint32_t subprogram_of(std::uint32_t insn) const;
    [[nodiscard]] int subprogram_at(std::uint32_t insn) const;
};

/// What the call of a helper or of a kernel function does, as far as its program's shape shows. By
/// default that of a function nothing is known of.
struct CallKind {
    std::uint8_t parameters = 5;  ///< Registers from r1 that it reads.
    bool returns_value = true;
    bool fastcall = false;    ///< Clobbers only its parameters' registers, and r0 if it returns.
    bool calls_back = false;  ///< Before it returns, any number of times.
    bool calls_back_later = false;  ///< After it returned: timers and the like.
    bool next_of_iterator = false;
    bool might_sleep = false;
    bool changes_pkt_data = false;
};

/// Says it of `call`, a row call_kfunc. Empty: nothing is known of any.
using KfuncKinds = std::function<CallKind(const Insn& call)>;

/// That of a helper, where programs of that type may call it (get_call_summary).
CallKind helper_call_kind(std::int32_t helper, ProgType type);

/// The functions of a program: its entry, what it calls, callbacks, and the exception callback that
/// a tag of the entry names. Jumps are inside of their function, and each ends with a jump or exit.
/// The kernel does this before it looks at opcodes, so instructions may be any.
/// @param types BTF of the program's object; may be null.
Checked<std::vector<Subprogram>> find_subprograms(const ProgramSpec& program, const Btf* types);

/// Everything else: each instruction is reached, and the facts above.
/// @param ops the row of every slot (`rows_of` of verifier/rows.h).
/// @param subprograms of `find_subprograms`.
Checked<Flow> find_flow(const ProgramSpec& program, std::span<const Op> ops,
                        std::vector<Subprogram> subprograms, const KfuncKinds& kfuncs = {});

}  // namespace bpftwin::verifier
