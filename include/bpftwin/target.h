// The kernel that an object is made ready for: what programs want to know of a kernel is resolved
// against its types. Any kernel's, also of another release or machine.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "bpftwin/spec.h"

namespace bpftwin {

/// A kernel as objects see it. What is not known of it stays empty.
struct Target {
    /// Types of a module, which continue those of the kernel.
    struct Module {
        std::string name;
        std::shared_ptr<const Btf> types;
    };

    std::string name;                  ///< For messages: "6.18.5", "vmlinux-6.1".
    std::shared_ptr<const Btf> types;  ///< Null: unknown.
    std::vector<Module> modules;
};

/// What became of a CO-RE relocation.
enum class CoreResult : std::uint8_t {
    applied,
    poisoned,  ///< The target has no answer: reaching the instruction is an error.
    failed,    ///< It makes no sense, or several types of the target give different answers.
};
std::string_view name_of(CoreResult result);

/// A CO-RE relocation, and its answer in a target.
struct CoreOutcome {
    std::string program;
    CoreRelocation relocation;
    CoreResult result = CoreResult::failed;
    std::string kind;                 ///< "byte_off", as libbpf calls it.
    std::string local;                ///< "struct sk_buff.len (0:13 @ offset 112)".
    std::string target;               ///< The same of the target; empty: none fits.
    std::string module;               ///< That has it; empty: the kernel itself.
    std::vector<Insn> before, after;  ///< The instruction: two slots of a 64-bit load.
    std::string why;                  ///< Not applied: the reason.
};

/// Resolves the CO-RE relocations of all programs against the target's types, by libbpf's rules.
/// Applied ones are no longer listed in their program. What the target has no answer to becomes a
/// call that does not exist (`ProgramSpec::poisoned`). A failed one stays listed with its reason in
/// `CoreRelocation::error`, as all do where the target's types are unknown.
/// @return the outcomes in the order of programs and instructions.
std::vector<CoreOutcome> resolve_core(ObjectSpec& object, const Target& target);

}  // namespace bpftwin
