// The kernel that an object is made ready for: what programs want to know of a kernel is resolved
// against its types. Any kernel's, also of another release or machine.
#pragma once

#include <cstdint>
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
    std::uint32_t version = 0;  ///< LINUX_VERSION_CODE; 0: unknown.
    std::string config;         ///< Lines NAME=VALUE; the first of a name counts.
    std::string symbols;        ///< Lines of /proc/kallsyms.
    std::string unknown;        ///< Why something above is empty.
};

/// What an object asks of a target.
struct TargetNeeds {
    bool types = false, version = false, config = false, symbols = false;

    [[nodiscard]] bool any() const { return types || version || config || symbols; }
};
TargetNeeds needs_of(const ObjectSpec& object);

/// Whether an object asks for types, functions or variables that the kernel itself has not, but a
/// module of it may have.
bool asks_for_modules(const ObjectSpec& object, const Btf& types);

/// The text of a configuration file, which may be packed by gzip (/proc/config.gz).
Result<std::string> config_text(ByteView file);

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

/// What became of an extern.
struct ExternOutcome {
    std::string name;
    ExternState state = ExternState::failed;
    std::string value;   ///< Resolved: "1000", "0xffffffff81000000", "function 56807".
    std::string module;  ///< That has it; empty: the kernel itself.
    std::string why;     ///< Absent or failed: the reason.
};

/// Resolves the externs of an object against the target, by libbpf's rules: configuration values
/// are stored in the map `.kconfig`, references to symbols get addresses or BTF ids. A call of a
/// module's function has in `off` the module's place, from 1, among the modules that the object
/// calls. An object may be resolved any number of times, for one target after the other.
/// @return the outcomes in the order of `ObjectSpec::externs`. libbpf loads no object of which one
/// failed; here only the programs that refer to it are refused.
std::vector<ExternOutcome> resolve_externs(ObjectSpec& object, const Target& target);

}  // namespace bpftwin
