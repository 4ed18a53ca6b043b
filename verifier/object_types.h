// Objects that programs have pointers to, by their BTF types: those of the kernel, and those that a
// program describes itself (kernel/bpf/btf.c: btf_struct_access, btf_struct_ids_match).
#pragma once

#include <cstdint>
#include <string_view>

#include "btf/btf.h"
#include "verifier/reg.h"
#include "verifier/rejection.h"

namespace bpftwin::verifier {

/// Whose type `Reg::target` of a pointer to an object is: `Reg::uid`.
enum class TypeSource : std::uint32_t { kernel, program };

struct ObjectTypes {
    const Btf* kernel = nullptr;   ///< Null: not known.
    const Btf* program = nullptr;  ///< Null: the object has none.

    /// The types that the object's type is one of.
    [[nodiscard]] const Btf& of(const Reg& pointer) const;
    /// "task_struct".
    [[nodiscard]] std::string_view name_of(const Reg& pointer) const;
};

/// A type's or member's name as messages have it: "(anon)" where it has none.
std::string_view shown_name(std::string_view name);

/// A pointer to an object of that type.
Reg object_pointer(std::uint32_t type, std::uint16_t flags, TypeSource source = TypeSource::kernel);

/// What a load from an object finds.
struct ObjectField {
    enum class Kind : std::uint8_t {
        scalar,
        object,  ///< A pointer to a struct.
        memory,  ///< A pointer to something else: its size is not known.
        nested,  ///< The object continues with a struct at that offset.
    };
    Kind kind = Kind::scalar;
    std::uint32_t type = 0;         ///< object, nested: the struct.
    std::uint16_t flags = no_flag;  ///< object: by its tag, and by the unions on the way to it.
    std::string_view name;          ///< object: the member.
};

/// The field at `[offset, offset + size)` of the struct `type`, in whatever structs inside.
/// @return why there is no such field, in the kernel's words.
Checked<ObjectField> field_of(const Btf& types, std::uint32_t type, std::int64_t offset, int size);

/// Whether at `offset` of an object of the struct `type` a struct `wanted` begins, or it is one.
/// @param strict only the latter.
bool has_struct(const Btf& types, std::uint32_t type, std::int64_t offset, std::uint32_t wanted,
                bool strict);

/// Whether the kernel lists the pointer `field` of the struct `parent` as one that is trusted: in
/// the struct "PARENT`list`" ("task_struct__safe_rcu"; btf_nested_type_is_trusted).
bool is_listed(const Btf& types, std::uint32_t parent, std::string_view list,
               const ObjectField& field);

}  // namespace bpftwin::verifier
