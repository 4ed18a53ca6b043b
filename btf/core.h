// CO-RE: what a program wants to know of a kernel's types, found in that kernel's BTF
// (Documentation/bpf/llvm_reloc.rst; libbpf's relo_core.c is the reference for behaviour). Values
// only: the loader writes them into instructions.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "bpftwin/error.h"
#include "btf/btf.h"

namespace bpftwin {

/// Kinds of relocations by the kernel's numbers (BPF_CORE_*).
enum class CoreKind : std::uint32_t {
#define CORE_KIND(enumerator, ...) enumerator,
#include "btf/core_kind.def"
};
/// What a relocation looks for.
enum class CoreSubject : std::uint8_t { field, type, enumerator };

/// The kind of that number, or nothing.
std::optional<CoreKind> core_kind(std::uint32_t number);
/// "byte_off".
std::string_view name_of(CoreKind kind);
CoreSubject subject_of(CoreKind kind);

/// A type's name without its flavour: "task_struct" of "task_struct___old".
std::string_view essential_name(std::string_view name);

/// One step from a type to what it contains.
struct CoreStep {
    std::uint32_t type;     ///< Struct or union; of an array step and the first: the element.
    std::uint32_t index;    ///< Member, element or enumerator.
    std::string_view name;  ///< Empty: an element.
};

/// What a relocation is about: a type, or something in it.
struct CorePath {
    const Btf* btf;
    CoreKind kind;
    std::uint32_t root;
    /// The first is the element of the array that a pointer points to, or the enumerator. Anonymous
    /// members are no steps.
    std::vector<CoreStep> steps = {};
    std::vector<std::uint32_t> numbers = {};  ///< All indexes: "0:1:2".
    std::uint32_t bit_offset = 0;             ///< From the root's beginning.
};

/// The path that `access` ("0:1:2") names from type `root` of `local`.
Result<CorePath> core_path(const Btf& local, CoreKind kind, std::uint32_t root,
                           std::string_view access);
/// "struct sk_buff.len (0:13 @ offset 112)".
std::string to_text(const CorePath& path);

/// A type of the target that may be what a local type means: of the same name but for flavours.
struct CoreCandidate {
    const Btf* btf;
    std::uint32_t id;
    std::string_view module;  ///< Empty: the kernel itself.
};

/// Finds the local path in a candidate: fields by name, with types that are compatible.
/// @return the path there, nothing where the candidate has none, or an Error where the types are
/// too deep or too many.
Result<std::optional<CorePath>> core_match(const CorePath& local, const CoreCandidate& candidate);

/// Whether two types are the same to a program: kinds, and what pointers, arrays and prototypes
/// refer to, but no members (libbpf's bpf_core_types_are_compat). Names are not looked at.
Result<bool> core_compatible(const Btf& local, std::uint32_t local_id, const Btf& target,
                             std::uint32_t target_id);

/// The answer to a relocation.
struct CoreFix {
    std::uint64_t before = 0;  ///< What the compiler wrote, by the local types.
    std::uint64_t after = 0;   ///< What the target says.
    bool is_certain = true;    ///< The instruction must hold `before`.
    bool is_poison = false;    ///< The target has no answer: the instruction must not be reached.
    std::uint32_t size_before = 0, size_after = 0;  ///< Of the field; 0: not a byte offset.
    /// The field's size differs and its type is not one that may be read with another one.
    bool is_misfit = false;
};

/// The answer that `target` gives, or that there is none (null).
Result<CoreFix> core_fix(const CorePath& local, const CorePath* target);

}  // namespace bpftwin
