// Paths to fields of kernel objects: `task.real_parent.tgid`,
// `args.file.f_path.dentry.d_name.name`, `args.vma.vm_file:file.f_flags`, `tasks[7].comm`.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "bpftwin/error.h"
#include "btf/btf.h"

namespace bpftwin {

/// One step from an object to what it contains or points to.
struct PathStep {
    enum class Kind : std::uint8_t {
        member,   ///< `.name` of a struct or of what a pointer points to.
        element,  ///< `[index]` of an array or behind a pointer.
        cast,     ///< `:name`: what the pointer points to is a struct of that name.
    } kind = Kind::member;
    std::string_view name;
    std::uint64_t index = 0;
};

struct ObjectPath {
    std::string_view root;
    std::vector<PathStep> steps;
};

/// @return the steps, which refer to `text`, or an Error that quotes what was not understood.
Result<ObjectPath> parse_object_path(std::string_view text);

/// A member, also of anonymous aggregates inside.
struct FoundMember {
    std::uint32_t type;
    std::uint64_t bit;  ///< From the beginning of the outermost struct.
    std::uint32_t bitfield_size;
};
std::optional<FoundMember> member_named(const Btf& btf, const BtfType& type, std::string_view name);
/// What there is instead of a member that is not there.
std::string suggest_member(const Btf& btf, const BtfType& type, std::string_view name);

}  // namespace bpftwin
