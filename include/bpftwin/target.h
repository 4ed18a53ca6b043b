// The kernel that an object is made ready for: what programs want to know of a kernel is resolved
// against its types. Any kernel's, also of another release or machine.
#pragma once

#include <memory>
#include <string>
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

/// A CO-RE relocation and its answer in a target, told.
struct CoreOutcome {
    std::string program;
    CoreRelocation relocation;
    std::string kind;                 ///< "byte_off", as libbpf calls it.
    std::string local;                ///< "struct sk_buff.len (0:13 @ offset 112)".
    std::string target;               ///< The same of the target; empty: none fits.
    std::string module;               ///< That has it; empty: the kernel itself.
    std::vector<std::string> near;    ///< What the target has of nearly that name: `add_near`.
    std::vector<Insn> before, after;  ///< The instruction: two slots of a 64-bit load.
};

/// Resolves the CO-RE relocations of all programs against the target's types, by libbpf's rules.
/// An object may be resolved any number of times, for one target after the other. Where the
/// target's types are unknown, all relocations fail.
/// @return the outcomes in the order of programs and instructions.
std::vector<CoreOutcome> resolve_core(ObjectSpec& object, const Target& target);

/// Adds to poisoned outcomes what the target has of nearly the name that it lacks: types, or
/// members and enumerators of the types that it has. Takes time: for reports.
void add_near(std::vector<CoreOutcome>& outcomes, const ObjectSpec& object, const Target& target);

}  // namespace bpftwin
